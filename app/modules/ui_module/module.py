from app.modules.ui_module.api.routes.page import router
from app.utils.module import Module

module = Module(
    name="ui",
    description="A small chat client in the browser, for trying the server",
    root_router=router,
    depends_on=("base",),
)
