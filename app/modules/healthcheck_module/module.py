from app.modules.healthcheck_module.api.routes.health import router
from app.utils.module import Module

module = Module(
    name="healthcheck",
    description="Whether the server lives, and whether it can serve",
    root_router=router,
    depends_on=("base",),
)
