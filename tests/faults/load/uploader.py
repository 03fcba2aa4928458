"""Users who upload files by tus, cut their own connections, and go on until each file is complete."""

import asyncio
import hashlib
from collections.abc import Coroutine
from random import Random
from typing import Any, NamedTuple

from tests.faults.load.client import Client
from tests.faults.load.http import Answer
from tests.faults.load.socket import NoAnswer
from tests.faults.load.user import AGAIN, Unexpected, User
from tests.faults.load.workload import Workload

_PAUSE = 0.5
"""Seconds between two uploads of one user."""
_SIZES = (1, 200, 300_000, 2_000_000, 9_000_000)
"""The last one is stored in three pieces."""
_PART = 6_000_000
"""Bytes of a request at most. A request for more than 4 MiB stores two pieces."""
_CUT = 0.1
"""The share of requests whose connection the client cuts."""
_SENT = 0.5
"""The share of files that go into a message."""


class Uploaded(NamedTuple):
    """A file that the server has acknowledged as a whole, and a user who may read it."""

    reader: User
    id: str
    sha256: str


class Uploader:
    """Uploads as a few of the users of a workload, on connections of their own."""

    def __init__(self, workload: Workload, random: Random, users: int) -> None:
        self.acknowledged: list[Uploaded] = []
        self.refused = 0
        """Requests that were answered 503."""
        self._workload = workload
        self._random = random
        self._users = users
        self._is_over, self._is_done = asyncio.Event(), asyncio.Event()

    async def keep_uploading(self) -> None:
        """Uploads until `settle`."""
        async with asyncio.TaskGroup() as group:
            for client in self._random.sample(self._workload.clients, self._users):
                group.create_task(self._keep_uploading(client))
        self._is_done.set()

    async def settle(self) -> None:
        """Stops, and waits until each file is complete."""
        self._is_over.set()
        await self._is_done.wait()

    async def _keep_uploading(self, client: Client) -> None:
        # Not the user of the workload: an upload must not hold up its messages.
        user = User(client.user.username, client.user.endpoints, Random(self._random.random()))
        user.id, user.token = client.user.id, client.user.token
        while not self._is_over.is_set():
            data = self._random.randbytes(self._random.choice(_SIZES))
            try:
                attachment_id = await self._upload(user, data)
            except Unexpected as error:
                self._workload.errors.append(error)
                continue
            reader = client.user
            if self._random.random() < _SENT:
                reader = await self._workload.send_file(client, attachment_id)
            self.acknowledged.append(Uploaded(reader, attachment_id, hashlib.sha256(data).hexdigest()))
            await user.pause(_PAUSE)
        user.leave()

    async def _upload(self, user: User, data: bytes) -> str:
        """Returns the id of the attachment. Raises Unexpected."""
        created = await self._ask(user, "POST", "/attachments", Upload_Length=str(len(data)))
        path = f"/attachments/{created.header('location').rpartition('/')[2]}"
        offset = 0
        while offset < len(data):
            answer = await self._add(user, path, offset, data[offset : offset + _PART])
            if answer is None:
                answer = await self._ask(user, "HEAD", path)
            offset = int(answer.header("upload-offset"))
        return path.rpartition("/")[2]

    async def _add(self, user: User, path: str, offset: int, part: bytes) -> Answer | None:
        """Returns None if it is unknown how much of the part is stored."""
        headers = {"Upload_Offset": str(offset), "Content_Type": "application/offset+octet-stream"}
        request = user.call("PATCH", path, part, Tus_Resumable="1.0.0", **headers)
        try:
            is_cut = self._random.random() < _CUT
            answer = await (_cut(user, request, self._random.uniform(0.001, 0.05)) if is_cut else request)
        except NoAnswer:
            answer = None
        if answer is None or not (answer.status == 409 or self._is_taken(answer)):
            await user.pause(1.0)
            return None
        return answer

    async def _ask(self, user: User, method: str, path: str, **headers: str) -> Answer:
        """Repeats a request without a body until it succeeds. Raises Unexpected."""
        while True:
            try:
                answer = await user.call(method, path, b"", Tus_Resumable="1.0.0", **headers)
                if self._is_taken(answer):
                    return answer
            except NoAnswer:
                pass
            await user.pause(1.0)

    def _is_taken(self, answer: Answer) -> bool:
        """Returns False for a request that has to be repeated. Raises Unexpected."""
        if answer.status in AGAIN:
            self.refused += answer.status == 503
            return False
        if answer.status >= 300:
            raise Unexpected(f"an upload: {answer.status} {answer.body.decode()}")
        return True


async def _cut(user: User, request: Coroutine[Any, Any, Answer], after: float) -> Answer:
    """Cuts the connection while the request is on its way. Raises NoAnswer, unless the answer was faster."""
    async with asyncio.TaskGroup() as group:
        answer = group.create_task(_outcome(request))
        await asyncio.sleep(after)
        user.leave()
    found = answer.result()
    if isinstance(found, NoAnswer):
        raise found
    return found


async def _outcome(request: Coroutine[Any, Any, Answer]) -> Answer | NoAnswer:
    try:
        return await request
    except NoAnswer as error:
        return error
