from typing import Annotated

from pydantic import ConfigDict, Field

from app.modules.base_module.schemas import RequestModel, ResponseModel

_CODES = ["k3f7qa-m2xw5t-p6hn4r-zb7cde", "q5t2hx-7vnm3k-w4yd6p-fr2asg"]
Code = Annotated[
    str,
    Field(
        min_length=1,
        max_length=64,
        description="six digits of the authenticator app, or a recovery code; spaces and hyphens do not matter",
        examples=["492039"],
    ),
]


class TotpSecret(ResponseModel):
    """The secret that the authenticator app keeps. It is shown once."""

    secret: str = Field(description="the secret in base32", examples=["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"])
    otpauth_url: str = Field(
        description="the secret as an otpauth URL, for a QR code",
        examples=["otpauth://totp/Messenger:anna?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Messenger"],
    )


class CodeGiven(RequestModel):
    """A code of the authenticator app."""

    model_config = ConfigDict(json_schema_extra={"example": {"code": "492039"}})

    code: Code


class RecoveryCodes(ResponseModel):
    """Codes that each replace the authenticator app once. They are shown once."""

    recovery_codes: list[str] = Field(examples=[_CODES])


class SecondStep(RequestModel):
    """The second step of a sign-in."""

    model_config = ConfigDict(json_schema_extra={"example": {"ticket": "eyJhbGciOiJIUzI1NiIs...", "code": "492039"}})

    ticket: Annotated[str, Field(max_length=2048, description="`ticket` of the error `second_factor_required`")]
    code: Code
