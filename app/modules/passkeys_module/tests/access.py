"""Who gets what from the routes of this module: rows for tests/access."""

from typing import Any

REST = {
    "": """
                             anonymous ended stranger neighbour operator former reader member admin owner
passkeys_begin_registration        401   401      200       200      200    200    200    200   200   200
passkeys_register                  401   401      422       422      422    422    422    422   422   422
passkeys_list_passkeys             401   401      200       200      200    200    200    200   200   200
passkeys_remove                    401   401      404       404      404    404    404    404   404   404
passkeys_begin_sign_in             200   200      200       200      200    200    200    200   200   200
passkeys_sign_in                   401   401      401       401      401    401    401    401   401   401
""",
}
ASKED: dict[str, dict[str, Any]] = {}
VALUES: dict[str, Any] = {}
LIMITS = {"passkey_options": ("passkeys_begin_sign_in",)}
