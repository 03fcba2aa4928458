from app.modules.ui_module.api.routes.page import router
from app.utils.module import Module

module = Module(
    name="ui",
    description="A page to try the server: a small chat client in the browser",
    root_router=router,
    depends_on=("base",),
)
