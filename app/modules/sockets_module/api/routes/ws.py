from fastapi import APIRouter, WebSocket

from app.dependencies.services_dependency import container_of
from app.modules.sockets_module.services.connection import Connection

router = APIRouter()


@router.websocket("/ws")
async def ws(websocket: WebSocket) -> None:
    """One socket for all of an account's streams."""
    await Connection(websocket, container_of(websocket.scope)).serve()
