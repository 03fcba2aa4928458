from app.modules.healthcheck_module.api import router
from app.utils.module import Module

module = Module(
    name="healthcheck",
    description="Liveness and readiness of the server",
    root_router=router,
    depends_on=("base",),
)
