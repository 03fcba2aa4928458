"""Each rate limit of a module refuses its operations as soon as it is used up."""

from typing import Any

from app.fastapi_engine.constructor import build_app
from app.services.rate_limits import RateLimit, RateLimits
from app.settings import Settings
from app.utils.module import Modules
from app.utils.setup_modules import discover_modules
from tests.access.operations import operations_of
from tests.access.rows import LIMITS
from tests.access.table import Row
from tests.access.world import Chat, World, values_in
from tests.fakers import FakeClient
from tests.rates import limited
from tests.servers import client_of, served

CONTRIBUTED = {limit.name: limit for limit in Modules(discover_modules().values()).contributions(RateLimit)}
OTHERS = ("bystander_of_owner", "newcomer_of_owner", "second_admin")


def test_every_rate_limit_has_a_row_and_every_row_a_rate_limit() -> None:
    assert LIMITS.keys() == CONTRIBUTED.keys()


async def test_a_rate_limit_that_is_used_up_refuses_each_of_its_operations(settings: Settings) -> None:
    app = build_app(limited(settings))
    operations, not_refused = operations_of(app), dict[tuple[str, str], int]()
    async with served(app):
        limits: RateLimits = app.state.container.get(RateLimits)
        for number, (name, rows) in enumerate(LIMITS.items()):
            address = f"198.51.100.{number}"
            async with client_of(app, address) as http:
                owner, other = [await FakeClient.sign_up(http) for _ in range(2)]
                world = World(dict.fromkeys(OTHERS, other) | {"owner": owner})
                chat_id = await owner.open_chat()
                chat = Chat(chat_id, {}, await values_in(chat_id, owner))
                chat.messages["owner"] = await owner.send(chat.id)
                # The codes of a signed-in user count for the account, whatever the device.
                subjects: dict[str, Any] = {"account": owner.uuid.int, "IP address": address, "device": owner.id}
                if rows:
                    limits.hit(CONTRIBUTED[name], subjects[CONTRIBUTED[name].key], count=1_000_000)
                for row in rows:
                    answer = await world.ask(operations[Row(row, {}).operation], Row(row, {}), "owner", chat)
                    if answer.status_code != 429:
                        not_refused[name, row] = answer.status_code
    assert not_refused == {}
