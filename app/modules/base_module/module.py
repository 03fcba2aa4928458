from app.modules.base_module.api.routes.root import router
from app.utils.module import Module

module = Module(name="base", description="The address to begin at", root_router=router)
