from typing import Annotated

from fastapi import Depends, Request

from app.modules.accounts_module.services.sessions import Device


async def _device(request: Request) -> Device:
    return Device(request.headers.get("user-agent", ""), request.client.host if request.client else "")


DeviceDep = Annotated[Device, Depends(_device)]
