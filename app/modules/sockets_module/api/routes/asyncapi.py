from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from app.dependencies.services_dependency import AppSettingsDep, ModulesDep
from app.modules.sockets_module.services.asyncapi import make_document
from app.services.errors import NotFound
from app.settings import Mode

router = APIRouter(include_in_schema=False)


@router.get("/asyncapi.json")
async def asyncapi(request: Request, settings: AppSettingsDep, modules: ModulesDep) -> JSONResponse:
    """Returns the AsyncAPI document of the WebSocket. Raises NotFound in production, like the OpenAPI document."""
    if settings.mode is Mode.PROD:
        raise NotFound
    url = request.url
    return JSONResponse(make_document(settings, modules, host=url.netloc, is_secure=url.scheme == "https"))
