from typing import Literal

from pydantic import ConfigDict, Field

from app.modules.base_module.schemas import ResponseModel


class Check(ResponseModel):
    """The state of one dependency of the server."""

    status: Literal["ok", "failed"]
    latency_ms: float | None = Field(description="response time; null if there was no response", examples=[0.4])
    detail: str | None = Field(description="reason of the failure", examples=[None])


class Health(ResponseModel):
    """The state of the server and of its dependencies."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "status": "ok",
                "version": "0.1.0",
                "checks": {
                    "database": {"status": "ok", "latency_ms": 0.4, "detail": None},
                    "bus": {"status": "ok", "latency_ms": 0.6, "detail": None},
                },
            }
        }
    )

    status: Literal["ok", "degraded", "failed"] = Field(
        description="failed: the server cannot serve requests; degraded: it serves them without one of the checked "
        "dependencies, such as the bus",
        examples=["ok"],
    )
    version: str
    checks: dict[str, Check]


class Alive(ResponseModel):
    """The process answers."""

    status: Literal["ok"]
