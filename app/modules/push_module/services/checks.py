"""What `manage.py doctor` checks about push notifications."""

from collections.abc import Sequence

from app.modules.push_module.settings import PushSettings, contact_of
from app.settings import Mode, Settings
from app.utils.invariants import Inspection


async def _find_problems(settings: Settings, _: object) -> Sequence[str]:
    if settings.app.environment is Mode.LOCAL or contact_of(settings.of(PushSettings), settings.app):
        return ()
    return ("neither PUSH_CONTACT nor an https address in API_PUBLIC_URL is set, and some push services refuse that",)


CONTACT = Inspection(
    says="push services know how to reach the operator",
    find=_find_problems,
    advice="set PUSH_CONTACT to mailto:admin@example.com or an https address",
)
