"""What `manage.py doctor` checks about mail: the mail server, and the links in mails."""

from collections.abc import Sequence

from aiosmtplib.errors import SMTPException

from app.modules.mail_module.services.smtp import probe
from app.modules.mail_module.settings import MailSettings
from app.settings import Mode, Settings
from app.utils.invariants import Inspection


async def _find(settings: Settings, _: object) -> Sequence[str]:
    own = settings.of(MailSettings)
    if own.server is None:
        return ()
    try:
        await probe(own)
    except (SMTPException, OSError) as error:
        return (f"{own.server[0]}:{own.server[1]}: {type(error).__name__}: {error}",)
    return ()


MAIL_SERVER = Inspection(
    says="the mail server of MAIL_URL, if there is one, answers and accepts the sign-in",
    find=_find,
    advice="correct MAIL_URL, or start the mail server",
)


async def _find_link_problems(settings: Settings, _: object) -> Sequence[str]:
    app = settings.app
    if settings.of(MailSettings).server is None or app.environment is not Mode.PROD or app.address_base:
        return ()
    return (f"API_PUBLIC_URL is not set: they begin with {app.public_url}",)


LINKS = Inspection(
    says="links in mails, if any are sent, lead to this server",
    find=_find_link_problems,
    advice="set API_PUBLIC_URL to the address of this server for its users",
)
