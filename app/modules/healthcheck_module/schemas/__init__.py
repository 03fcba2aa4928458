from typing import Literal

from pydantic import ConfigDict, Field

from app.modules.base_module.schemas import ResponseModel


class Check(ResponseModel):
    """One thing that the server needs."""

    status: Literal["ok", "failed"]
    latency_ms: float | None = Field(
        None, description="how long it took to answer; null where it did not", examples=[0.4]
    )
    detail: str | None = Field(None, description="why it failed", examples=[None])


class Health(ResponseModel):
    """The server, and all that it needs."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "status": "ok",
                "version": "0.1.0",
                "checks": {"database": {"status": "ok", "latency_ms": 0.4, "detail": None}},
            }
        }
    )

    status: Literal["ok", "failed"]
    version: str
    checks: dict[str, Check]


class Alive(ResponseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"
