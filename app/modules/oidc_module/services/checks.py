"""What `manage.py doctor` asks the providers."""

from collections.abc import Sequence

from app.adapters.clients.http import HttpClient
from app.modules.oidc_module.errors import ProviderUnavailable
from app.modules.oidc_module.services.providers import Providers
from app.modules.oidc_module.services.refusals import Refused
from app.modules.oidc_module.settings import OidcSettings
from app.settings import Settings
from app.utils.container import Container
from app.utils.invariants import Inspection


async def _find(settings: Settings, _: object) -> Sequence[str]:
    own, container, wrong = settings.of(OidcSettings), Container(), []
    if not own.providers:
        return ()
    client = container.put(HttpClient, HttpClient(settings.egress))
    try:
        for provider in Providers(own, container):
            try:
                await provider.check()
            except ProviderUnavailable as error:
                wrong.append(error.detail)
            except Refused as refusal:
                wrong.append(f"{provider.id}: {refusal}")
    finally:
        await client.aclose()
    return wrong


PROVIDERS_ANSWER = Inspection(
    says="the sign-in providers of OIDC_<ID>_ISSUER, if there are any, answer with their metadata and keys",
    find=_find,
    advice="compare OIDC_<ID>_ISSUER with the provider's own name; in the own network it needs EGRESS_ALLOW_NETWORKS",
)
