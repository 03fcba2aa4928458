"""The writer's side: sends that other processes delegate go into this process' queue like its own."""

import asyncio
from collections.abc import Callable
from functools import partial
from uuid import UUID

from pydantic import ValidationError

from app.adapters.clients.peers import BadFrame, PeerSession
from app.modules.accounts_module.errors import InvalidToken, SessionsUnknown
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.services.delegation.wire import (
    FAILED,
    REFUSED,
    REPLAYED,
    WRITTEN,
    DelegatedSend,
    encode_refusal,
    encode_result,
    read_sends,
)
from app.modules.messages_module.services.send_queue import SendQueue
from app.modules.messages_module.services.sends import Sent
from app.services.errors import ProblemMaker, ServiceError, Unavailable
from app.utils.isolation import report_failure

FindRefusal = Callable[[], Exception | None]
_MAX_CACHED = 20_000


class Receiver:
    """Puts delegated sends into the queue and returns their results.

    The other process has identified the caller and counted the call. The request is validated again, and the queue
    checks membership, permissions and sends under the lock of the chat, as for its own sends. So is the session, since
    it may end while the send waits here.
    """

    def __init__(
        self, queue: SendQueue, model: type[MessageCreate], revocations: Revocations, problems: ProblemMaker
    ) -> None:
        self._queue = queue
        self._model = model
        self._revocations = revocations
        self._problems = problems
        self._results: dict[PeerSession, list[bytes]] = {}
        # The same objects in all sends of a chat, a sender or a session, so that lookups need not compare UUIDs.
        self._ids: dict[bytes, UUID] = {}
        self._checks: dict[tuple[PeerSession, bytes | None], FindRefusal] = {}

    def receive(self, session: PeerSession, content: bytes) -> None:
        """Queues the sends in one frame. Raises BadFrame."""
        for send in read_sends(content):
            self._put(session, send)

    def _put(self, session: PeerSession, send: DelegatedSend) -> None:
        try:
            request = self._model.model_validate_json(send.body)
        except ValidationError as error:
            raise BadFrame("a delegated send is not valid") from error
        if request.client_msg_id is None:
            raise BadFrame("a delegated send has no client_msg_id")
        on_result = partial(self._add_result, session, send.number)
        try:
            self._queue.put_counted(
                self._id_of(send.chat), self._id_of(send.sender), request, on_result, self._check_of(session, send)
            )
        except Exception as error:  # noqa: BLE001 - the error becomes the result
            on_result(error)

    def _id_of(self, value: bytes) -> UUID:
        found = self._ids.get(value)
        if found is None:
            if len(self._ids) >= _MAX_CACHED:
                self._ids.clear()
            found = self._ids[value] = UUID(bytes=value)
        return found

    def _check_of(self, session: PeerSession, send: DelegatedSend) -> FindRefusal:
        key = session, send.session
        found = self._checks.get(key)
        if found is None:
            if len(self._checks) >= _MAX_CACHED:
                self._checks.clear()
            session_id = UUID(bytes=send.session) if send.session else None
            found = self._checks[key] = partial(_find_refusal, session, session_id, self._revocations)
        return found

    def _add_result(self, session: PeerSession, number: int, result: Sent | Exception) -> None:
        """Collects the results of a batch, which go back in one frame."""
        if isinstance(result, Sent):
            encoded = encode_result(number, REPLAYED if result.replayed else WRITTEN, result.body)
        else:
            encoded = self._encode_error(number, result)
        results = self._results.get(session)
        if results is None:
            self._results[session] = [encoded]
            asyncio.get_running_loop().call_soon(self._return_results, session)
        else:
            results.append(encoded)

    def _encode_error(self, number: int, error: Exception) -> bytes:
        expected = self._problems.expected(error)
        if isinstance(expected, ServiceError):
            return encode_result(number, REFUSED, encode_refusal(expected))
        report_failure(self._queue.put_counted, error)
        return encode_result(number, FAILED, f"{type(error).__name__}: {error}".encode())

    def _return_results(self, session: PeerSession) -> None:
        session.answer(self._results.pop(session))


def _find_refusal(session: PeerSession, session_id: UUID | None, revocations: Revocations) -> Exception | None:
    """Returns the reason not to write a delegated send any more, or None."""
    if session.is_closed:
        # The other process writes the send itself.
        return Unavailable()
    if session_id is None:
        return None
    if session_id in revocations:
        return InvalidToken()
    return None if revocations.are_known else SessionsUnknown()
