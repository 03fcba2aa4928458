"""The device that a request comes from, as a parameter type."""

from contextlib import suppress
from typing import Annotated

from fastapi import Depends, Request

from app.modules.accounts_module.services.sessions import Device
from app.utils.texts import as_line


async def _device(request: Request) -> Device:
    """Returns the device that a request comes from.

    Starlette decodes headers as latin-1, as HTTP defines them. Clients send UTF-8 in User-Agent.
    """
    user_agent = request.headers.get("user-agent", "")
    with suppress(UnicodeDecodeError):
        user_agent = user_agent.encode("latin-1").decode()
    return Device(as_line(user_agent), request.client.host if request.client else "")


DeviceDep = Annotated[Device, Depends(_device)]
