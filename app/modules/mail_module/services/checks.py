"""What `manage.py doctor` asks the mail server."""

from collections.abc import Sequence

from aiosmtplib.errors import SMTPException

from app.modules.mail_module.services.smtp import probe
from app.modules.mail_module.settings import MailSettings
from app.settings import Settings
from app.utils.invariants import Inspection


async def _find(settings: Settings, _: object) -> Sequence[str]:
    own = settings.own[MailSettings]
    if not isinstance(own, MailSettings) or own.server is None:
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
