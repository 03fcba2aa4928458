from fastapi import APIRouter, HTTPException, WebSocket, status

from app.dependencies.services_dependency import container_of
from app.modules.sockets_module.services.connection import Connection

router = APIRouter()


async def ws(websocket: WebSocket) -> None:
    """One socket for all of an account's streams."""
    await Connection(websocket, container_of(websocket.scope)).serve()


# Not as an endpoint of FastAPI: its stacks for dependencies would take 5 KB of each idle socket.
router.add_websocket_route("/ws", ws)


@router.get("/ws", include_in_schema=False)
async def refuse_without_handshake() -> None:
    """Names the protocol and its version to a request that is not a valid handshake (RFC 6455, 4.2.2)."""
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    raise HTTPException(
        status.HTTP_426_UPGRADE_REQUIRED, "This path is a WebSocket, and the handshake is not valid", headers
    )
