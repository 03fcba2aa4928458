"""Who gets what from the routes of this module: rows for tests/access."""

from typing import Any

from tests.fakers import PASSWORD

REST = {
    "": """
                                  anonymous ended stranger neighbour operator former reader member admin owner
leaving_deactivate                      401   401      200       200      200    200    200    200   200   200
leaving_deactivate: guessed             401   401      403       403      403    403    403    403   403   403
leaving_deactivate: guessed code        401   401      403       403      403    403    403    403   403   403
""",
}
ASKED: dict[str, dict[str, Any]] = {
    "leaving_deactivate": {"body": {"password": PASSWORD, "messages": "keep"}},
    "leaving_deactivate: guessed": {"body": {"password": "guessed", "messages": "keep"}},
    "leaving_deactivate: guessed code": {"body": {"code": "000000", "messages": "keep"}},
}
VALUES: dict[str, Any] = {}
LIMITS = {"deactivate": ("leaving_deactivate",)}
