"""Who gets what from the routes of this module: rows for tests/access."""

from typing import Any

REST = {
    "": """
                         anonymous ended stranger neighbour operator former reader member admin owner
recovery_verify_email          401   401      202       202      202    202    202    202   202   202
recovery_confirm_email         410   410      410       410      410    410    410    410   410   410
recovery_forgot_password       202   202      202       202      202    202    202    202   202   202
recovery_reset_password        410   410      410       410      410    410    410    410   410   410
""",
}
ASKED: dict[str, dict[str, Any]] = {}
VALUES: dict[str, Any] = {}
LIMITS = {
    "verify_email": ("recovery_verify_email",),
    "forgot_password": ("recovery_forgot_password",),
    "follow_link": ("recovery_confirm_email", "recovery_reset_password"),
}
