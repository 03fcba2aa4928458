from app.modules.base_module.api.routes.root import router
from app.utils.module import Module

module = Module(name="base", description="The root path", root_router=router)
