from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.adapters.db.database import Database
from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.accounts_module.services.sealing import Sealer
from app.modules.oidc_module.api import router
from app.modules.oidc_module.db import OidcCode, OidcFlow, OidcIdentity
from app.modules.oidc_module.schemas import EVENTS
from app.modules.oidc_module.services.checks import PROVIDERS_ANSWER
from app.modules.oidc_module.services.identities import CLEANUP, CLEANUP_SCHEDULE, ERASE_IDENTITIES, IDENTITY, NEW_OWNER
from app.modules.oidc_module.services.providers import Providers
from app.modules.oidc_module.services.sign_ins import GRANT
from app.modules.oidc_module.services.vault import Vault
from app.modules.oidc_module.services.vouching import VOUCHED
from app.modules.oidc_module.settings import OIDC_SIGN_IN, OidcSettings
from app.settings.auth_settings import AuthSettings
from app.utils.container import Container
from app.utils.module import Module


@asynccontextmanager
async def lifespan(container: Container) -> AsyncIterator[None]:
    sealer = Sealer(container.get(AuthSettings), container.get(Database), b"tokens of sign-in providers")
    container.put(Vault, Vault(sealer))
    container.put(Providers, Providers(container.get(OidcSettings), container))
    yield


module = Module(
    name="oidc",
    description="Single sign-on: accounts of other providers (OpenID Connect)",
    router=router,
    depends_on=("base", "accounts", "streams", "jobs"),
    models=(OidcCode, OidcFlow, OidcIdentity),
    events=EVENTS,
    lifespan=lifespan,
    settings=OidcSettings,
    invariants=(nothing_of_erased("oidc_identity.account_id"),),
    contributes=(
        GRANT,
        PROVIDERS_ANSWER,
        VOUCHED,
        IDENTITY,
        ERASE_IDENTITIES,
        NEW_OWNER,
        CLEANUP,
        CLEANUP_SCHEDULE,
        OIDC_SIGN_IN,
    ),
)
