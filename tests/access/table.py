"""The access table: the expected answer to each operation and each socket action, for each kind of caller.

`anonymous` has no account. `ended` is the owner on a device that was signed out. Signed in are `stranger`, who is in no
chat, `neighbour`, who owns another chat, and `operator`, who administers the server and is in no chat. The others have,
or had, a place in the chat in question. The case follows a colon; `ASKED` gives its parameters. A dash: there is no
such user in such a chat."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.fakers import PASSWORD

USERS = ("anonymous", "ended", "stranger", "neighbour", "operator", "former", "reader", "member", "admin", "owner")
CODES = {
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    410: "link_expired",
    422: "validation_error",
    426: "upgrade_required",
}

# Operations outside of chats. Pages and documents have no operation id and are named by their path.
ELSEWHERE = """
                                   anonymous ended stranger neighbour operator former reader member admin owner
accounts_sign_up                         201   201      201       201      201    201    201    201   201   201
accounts_sign_in                         401   200      200       200      200    200    200    200   200   200
accounts_token                           401   200      200       200      200    200    200    200   200   200
accounts_refresh                         401   401      200       200      200    200    200    200   200   200
accounts_sign_out                        401   401      204       204      204    204    204    204   204   204
accounts_me                              401   401      200       200      200    200    200    200   200   200
accounts_update_me                       401   401      200       200      200    200    200    200   200   200
accounts_my_events                       401   401      200       200      200    200    200    200   200   200
accounts_change_password                 401   401      204       204      204    204    204    204   204   204
accounts_change_password: unknown        401   401      403       403      403    403    403    403   403   403
accounts_list_sessions                   401   401      200       200      200    200    200    200   200   200
accounts_end_session: one's own          401   401      204       204      204    204    204    204   204   204
accounts_end_session: another's          401   401      404       404      404    404    404    404   404   404
accounts_list_people                     401   401      200       200      200    200    200    200   200   200
accounts_person                          401   401      200       200      200    200    200    200   200   200
catalogues_list_catalogues               401   401      200       200      200    200    200    200   200   200
catalogues_read                          401   401      200       200      200    200    200    200   200   200
catalogues_add                           401   401      403       403      201    403    403    403   403   403
catalogues_change                        401   401      403       403      200    403    403    403   403   403
catalogues_delete                        401   401      403       403      204    403    403    403   403   403
chats_create                             401   401      201       201      201    201    201    201   201   201
chats_list_mine                          401   401      200       200      200    200    200    200   200   200
healthcheck_health                       200   200      200       200      200    200    200    200   200   200
healthcheck_live                         200   200      200       200      200    200    200    200   200   200
healthcheck_ready                        200   200      200       200      200    200    200    200   200   200
metrics_metrics                          200   200      200       200      200    200    200    200   200   200
/                                        307   307      307       307      307    307    307    307   307   307
/docs                                    200   200      200       200      200    200    200    200   200   200
/docs/assets/{name}                      200   200      200       200      200    200    200    200   200   200
/openapi.json                            200   200      200       200      200    200    200    200   200   200
/asyncapi.json                           200   200      200       200      200    200    200    200   200   200
/ui                                      200   200      200       200      200    200    200    200   200   200
/ui/{name:path}                          200   200      200       200      200    200    200    200   200   200
/api/v1/ws                               426   426      426       426      426    426    426    426   426   426
"""

GROUP = """
                                   anonymous ended stranger neighbour operator former reader member admin owner
chats_create: with this chat's id        401   401      409       409      409    409    409    409   409   200
chats_read                               401   401      404       404      404    404    200    200   200   200
chats_change                             401   401      404       404      404    404    403    403   200   200
chats_delete                             401   401      404       404      404    404    403    403   403   204
chats_list_events                        401   401      404       404      404    404    200    200   200   200
chats_mark_read                          401   401      404       404      404    404    200    200   200   200
chats_list_members                       401   401      404       404      404    404    200    200   200   200
chats_add_members                        401   401      404       404      404    404    403    403   201   201
chats_add_members: as admins             401   401      404       404      404    404    403    403   403   201
chats_add_members: who are there         401   401      404       404      404    404    403    403   200   200
chats_change_role: of a member           401   401      404       404      404    404    403    403   200   200
chats_change_role: of an admin           401   401      404       404      404    404    403    403   403   200
chats_change_role: of the owner          401   401      404       404      404    404    403    403   403   409
chats_change_role: of who has left       401   401      404       404      404    404    403    403   404   404
chats_change_role: to admin              401   401      404       404      404    404    403    403   403   200
chats_change_role: to owner              401   401      404       404      404    404    403    403   403   200
chats_change_role: oneself to owner      401   401      404       404      404    404    403    403   403   200
chats_remove_member: a member            401   401      404       404      404    404    403    403   204   204
chats_remove_member: an admin            401   401      404       404      404    404    403    403   403   204
chats_remove_member: the owner           401   401      404       404      404    404    403    403   403   409
chats_remove_member: who has left        401   401      404       404      404    404    403    403   404   404
chats_remove_member: oneself             401   401      404       404      404    404    204    204   204   409
messages_history                         401   401      404       404      404    404    200    200   200   200
messages_read                            401   401      404       404      404    404    200    200   200   200
messages_read: that is not there         401   401      404       404      404    404    404    404   404   404
messages_send                            401   401      404       404      404    404    403    201   201   201
messages_send: once more                 401   401      404       404      404    404    200    200   200   200
messages_send: to what is not there      401   401      404       404      404    404    403    422   422   422
messages_edit: one's own                 401   401      404       404      404    404    403    200   200   200
messages_edit: another's                 401   401      404       404      404    404    403    403   403   403
messages_delete: one's own               401   401      404       404      404    404    204    204   204   204
messages_delete: another's               401   401      404       404      404    404    403    403   204   204
messages_add_reaction                    401   401      404       404      404    404    403    200   200   200
messages_remove_reaction                 401   401      404       404      404    404    204    204   204   204
"""

# As in a group, but only owner and admins post. Member and reader have been admins, and have posted.
CHANNEL = """
                                   anonymous ended stranger neighbour operator former reader member admin owner
chats_read                               401   401      404       404      404    404    200    200   200   200
chats_change                             401   401      404       404      404    404    403    403   200   200
chats_delete                             401   401      404       404      404    404    403    403   403   204
chats_list_events                        401   401      404       404      404    404    200    200   200   200
chats_mark_read                          401   401      404       404      404    404    200    200   200   200
chats_list_members                       401   401      404       404      404    404    200    200   200   200
chats_add_members                        401   401      404       404      404    404    403    403   201   201
messages_history                         401   401      404       404      404    404    200    200   200   200
messages_send                            401   401      404       404      404    404    403    403   201   201
messages_edit: one's own                 401   401      404       404      404    404    403    403   200   200
messages_edit: another's                 401   401      404       404      404    404    403    403   403   403
messages_delete: one's own               401   401      404       404      404    404    204    204   204   204
messages_delete: another's               401   401      404       404      404    404    403    403   204   204
messages_add_reaction                    401   401      404       404      404    404    403    200   200   200
messages_remove_reaction                 401   401      404       404      404    404    204    204   204   204
"""

# Two members without roles. Members cannot be added or removed, and the chat cannot be deleted.
DIRECT = """
                                   anonymous ended stranger neighbour operator former reader member admin owner
chats_create: with this chat's id        401   401      422       422      422      -      -    422     -     -
chats_read                               401   401      404       404      404      -      -    200     -     -
chats_change                             401   401      404       404      404      -      -    403     -     -
chats_delete                             401   401      404       404      404      -      -    403     -     -
chats_list_events                        401   401      404       404      404      -      -    200     -     -
chats_mark_read                          401   401      404       404      404      -      -    200     -     -
chats_list_members                       401   401      404       404      404      -      -    200     -     -
chats_add_members                        401   401      404       404      404      -      -    409     -     -
chats_change_role: of a member           401   401      404       404      404      -      -    409     -     -
chats_remove_member: a member            401   401      404       404      404      -      -    409     -     -
chats_remove_member: oneself             401   401      404       404      404      -      -    409     -     -
messages_history                         401   401      404       404      404      -      -    200     -     -
messages_send                            401   401      404       404      404      -      -    201     -     -
messages_edit: one's own                 401   401      404       404      404      -      -    200     -     -
messages_edit: another's                 401   401      404       404      404      -      -    403     -     -
messages_delete: one's own               401   401      404       404      404      -      -    204     -     -
messages_delete: another's               401   401      404       404      404      -      -    403     -     -
messages_add_reaction                    401   401      404       404      404      -      -    200     -     -
"""

REST = {"": ELSEWHERE, "group": GROUP, "channel": CHANNEL, "direct": DIRECT}

# Actions of the socket. The case is the kind of chat. 4401 is a close code, `ok` is a reply.
SOCKET = """
                                   anonymous ended stranger neighbour operator former reader member admin owner
hello: group                            4401  4401       ok        ok       ok     ok     ok     ok    ok    ok
ping: group                             4401  4401       ok        ok       ok     ok     ok     ok    ok    ok
send: group                             4401  4401      404       404      404    404    403     ok    ok    ok
read: group                             4401  4401      404       404      404    404     ok     ok    ok    ok
typing: group                           4401  4401      404       404      404    404    403     ok    ok    ok
send: channel                           4401  4401      404       404      404    404    403    403    ok    ok
read: channel                           4401  4401      404       404      404    404     ok     ok    ok    ok
typing: channel                         4401  4401      404       404      404    404    403    403    ok    ok
send: direct                            4401  4401      404       404      404      -      -     ok     -     -
read: direct                            4401  4401      404       404      404      -      -     ok     -     -
typing: direct                          4401  4401      404       404      404      -      -     ok     -     -
"""

# The data of each request over the socket.
REQUESTS: dict[str, dict[str, Any]] = {
    "hello": {},
    "ping": {},
    "send": {"chat_id": "@chat", "text": "Можно?"},
    "read": {"chat_id": "@chat", "seq": 1},
    "typing": {"chat_id": "@chat", "is_typing": True},
}

# The parameters of a row: parts of the path by name, `query`, `body` or `form`. All others are the document's examples.
# `@name` is looked up in the world for the caller.
ASKED: dict[str, dict[str, Any]] = {
    "accounts_sign_up": {"body": {"email": "@new_email", "username": "@new_name", "password": PASSWORD}},
    "accounts_sign_in": {"body": {"login": "@username", "password": PASSWORD}},
    "accounts_token": {"form": {"username": "@username", "password": PASSWORD}},
    "accounts_refresh": {"body": {"refresh_token": "@refresh_token"}},
    "accounts_update_me": {"body": {"bio": "Пишу код и письма"}},
    "accounts_change_password": {"body": {"current_password": PASSWORD, "new_password": PASSWORD}},
    "accounts_change_password: unknown": {"body": {"current_password": "guessed", "new_password": PASSWORD}},
    "accounts_end_session: one's own": {"session_id": "@session"},
    "accounts_end_session: another's": {"session_id": "@session_of_another"},
    "accounts_person": {"account_id": "@bystander"},
    "catalogues_change": {"name": "countries", "key": "RU"},
    "catalogues_delete": {"name": "countries", "key": "RU"},
    "/docs/assets/{name}": {"path": "/docs/assets/swagger-ui.css"},
    "/ui/{name:path}": {"path": "/ui/css/base.css"},
    "chats_create": {"body": {"type": "group", "member_ids": ["@bystander"]}},
    "chats_create: with this chat's id": {"body": {"id": "@chat", "type": "group"}},
    "chats_add_members": {"body": {"account_ids": ["@newcomer"]}},
    "chats_add_members: as admins": {"body": {"account_ids": ["@newcomer"], "role": "admin"}},
    "chats_add_members: who are there": {"body": {"account_ids": ["@bystander"]}},
    "chats_change_role: of a member": {"account_id": "@bystander", "body": {"role": "reader"}},
    "chats_change_role: of an admin": {"account_id": "@second_admin", "body": {"role": "member"}},
    "chats_change_role: of the owner": {"account_id": "@owner", "body": {"role": "admin"}},
    "chats_change_role: of who has left": {"account_id": "@former", "body": {"role": "member"}},
    "chats_change_role: to admin": {"account_id": "@bystander", "body": {"role": "admin"}},
    "chats_change_role: to owner": {"account_id": "@bystander", "body": {"role": "owner"}},
    "chats_change_role: oneself to owner": {"account_id": "@id", "body": {"role": "owner"}},
    "chats_remove_member: a member": {"account_id": "@bystander"},
    "chats_remove_member: an admin": {"account_id": "@second_admin"},
    "chats_remove_member: the owner": {"account_id": "@owner"},
    "chats_remove_member: who has left": {"account_id": "@former"},
    "chats_remove_member: oneself": {"account_id": "@id"},
    "messages_read: that is not there": {"seq": "1000"},
    "messages_send": {"body": {"text": "Можно?"}},
    "messages_send: once more": {"body": {"text": "@own_text", "client_msg_id": "@own_client_msg_id"}},
    "messages_send: to what is not there": {"body": {"text": "Что?", "reply_to_seq": 1000}},
    "messages_edit: one's own": {"seq": "@own_seq"},
    "messages_edit: another's": {"seq": "@seq_of_another"},
    "messages_delete: one's own": {"seq": "@own_seq"},
    "messages_delete: another's": {"seq": "@seq_of_another"},
}


class Row(NamedTuple):
    """The expected answers to one operation or action, in one case."""

    name: str
    answers: dict[str, str]

    @property
    def operation(self) -> str:
        return self.name.partition(": ")[0]

    @property
    def case(self) -> str:
        return self.name.partition(": ")[2]


def rows_of(table: str) -> Iterator[Row]:
    head, *lines = table.strip().splitlines()
    assert tuple(head.split()) == USERS
    for line in lines:
        words = line.split()
        name, answers = " ".join(words[: -len(USERS)]), words[-len(USERS) :]
        yield Row(name, {caller: answer for caller, answer in zip(USERS, answers, strict=True) if answer != "-"})
