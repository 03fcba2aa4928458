"""The scope of each operation and action that API keys may call, and what their callers get.

`key` calls as the owner of the chat, `bot` as a bot of this owner that is an admin; each with a key that has only this
scope. Without the column `bot`, it gets the same as `key`. A dash: the caller does not get that far. All other
operations that need a token are closed to keys. Modules bring rows of their own as `SCOPES` in `tests/access.py`,
for actions as `SOCKET_SCOPES`."""

from collections.abc import Iterator
from typing import NamedTuple

OPERATIONS = """
                          scope           key  bot
accounts_me               profile:read    200  200
accounts_list_people      profile:read    200  200
accounts_person           profile:read    200  200
accounts_my_events        messages:read   200  200
chats_create              chats:write     201  403
chats_list_mine           chats:read      200  200
chats_read                chats:read      200  200
chats_change              chats:write     200  200
chats_delete              chats:write     204  403
chats_list_events         messages:read   200  200
chats_mark_read           chats:write     200  200
chats_list_members        chats:read      200  200
chats_add_members         members:write   201  201
chats_change_role         members:write   200  200
chats_remove_member       members:write   204  204
messages_history          messages:read   200  200
messages_read             messages:read   200  200
messages_send             messages:write  201  201
messages_edit             messages:write  200  200
messages_delete           messages:write  204  204
messages_add_reaction     messages:write  200  200
messages_remove_reaction  messages:write  204  204
"""

# 4403 is a close code.
SOCKET = """
                          scope           key  bot
hello                     messages:read   ok  ok
send                      messages:write  ok  ok
read                      chats:write     ok  ok
typing                    messages:write  ok  ok
"""


class Scoped(NamedTuple):
    """The scope of an operation or action, and the answer to each caller that has it."""

    operation: str
    scope: str
    answers: dict[str, str]


def scoped_rows(table: str) -> Iterator[Scoped]:
    head, *lines = table.strip().splitlines()
    callers = head.split()[1:]
    assert callers in (["key"], ["key", "bot"])
    for line in lines:
        operation, scope, *answers = line.split()
        assert len(answers) == len(callers)
        yield Scoped(operation, scope, {"key": answers[0], "bot": answers[-1]})
