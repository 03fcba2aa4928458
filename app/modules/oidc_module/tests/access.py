"""Who gets what from the routes of this module: rows for tests/access. No provider is set up there."""

from typing import Any

REST = {
    "": """
                         anonymous ended stranger neighbour operator former reader member admin owner
oidc_list_providers            200   200      200       200      200    200    200    200   200   200
oidc_start                     404   404      404       404      404    404    404    404   404   404
oidc_callback                  404   404      404       404      404    404    404    404   404   404
oidc_list_identities           401   401      200       200      200    200    200    200   200   200
oidc_link                      401   401      401       401      401    401    401    401   401   401
oidc_remove                    401   401      404       404      404    404    404    404   404   404
""",
}
ASKED: dict[str, dict[str, Any]] = {
    "oidc_start": {"query": {"redirect": "/ui/", "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}},
    "oidc_callback": {"query": {"state": "af0ifjsldkj"}},
}
VALUES: dict[str, Any] = {}
LIMITS = {"oidc_sign_in": ("oidc_start", "oidc_callback")}
