"""Extension point of notifications: settings that other modules add to those of an account."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class NotificationSetting:
    """A field of the notification settings of an account: in GET, in PUT and in `notifications.changed`.

    - `read`: the field's annotation. PUT accepts the values that it allows, and no others.
    - `default`: the value of an account that has chosen nothing, as JSON. Only other values are stored, so a new
      default also counts for accounts that had the old one.

    The values of a module that is switched off are kept, and counted again when it is back.
    `services.settings.list_settings` reads the settings of many accounts at once.
    """

    name: str
    read: Any
    default: Any
