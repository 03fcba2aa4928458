from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.modules.jobs_module.extension import Lane
from app.modules.mail_module.extension import LANE, Mailer
from app.modules.mail_module.services.checks import LINKS, MAIL_SERVER
from app.modules.mail_module.services.smtp import SmtpMailer
from app.modules.mail_module.settings import MailSettings
from app.settings.app_settings import AppSettings
from app.utils.container import Container
from app.utils.module import Module


@asynccontextmanager
async def lifespan(container: Container) -> AsyncIterator[None]:
    environment = container.get(AppSettings).environment
    container.put(Mailer, SmtpMailer(container.get(MailSettings), environment))  # type: ignore[type-abstract]
    yield


module = Module(
    name="mail",
    description="Mail: kinds of mails that other modules send, as jobs",
    depends_on=("base", "jobs"),
    lifespan=lifespan,
    settings=MailSettings,
    contributes=(Lane(LANE, 4), MAIL_SERVER, LINKS),
)
