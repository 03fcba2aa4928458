"""Who gets what from the routes of this module: rows for tests/access."""

from typing import Any

REST = {
    "": """
                         anonymous ended stranger neighbour operator former reader member admin owner
second_factor_set_up           401   401      200       200      200    200    200    200   200   200
second_factor_confirm          401   401      403       403      403    403    403    403   403   403
second_factor_renew_codes      401   401      409       409      409    409    409    409   409   409
second_factor_disable          401   401      204       204      204    204    204    204   204   204
second_factor_second_step      401   401      401       401      401    401    401    401   401   401
""",
}
ASKED: dict[str, dict[str, Any]] = {}
VALUES: dict[str, Any] = {}
LIMITS = {"second_factor": ("second_factor_confirm", "leaving_deactivate: guessed code")}
