"""Uploads and downloads are counted for each account."""

from app.fastapi_engine.constructor import build_app
from app.modules.attachments_module.tests.pictures import picture
from app.modules.attachments_module.tests.uploading import add, begin, download, post, processed, ready, tus
from app.settings import Settings
from tests.fakers import FakeClient, ok, problem
from tests.rates import limited
from tests.servers import served


async def test_an_account_that_does_too_much_has_to_wait(settings: Settings) -> None:
    app = build_app(limited(settings, create_attachment="2/hour", upload_part="2/hour", download_file="2/hour"))
    async with served(app) as http:
        anna = await FakeClient.sign_up(http, "anna")
        boris = await FakeClient.sign_up(http, "boris")
        path = await begin(anna, 4)
        await begin(anna, 1)
        refused = await tus(anna, "POST", Upload_Length="1")
        problem(refused, 429, "rate_limited")
        assert (refused.headers["tus-resumable"], bool(refused.headers["retry-after"])) == ("1.0.0", True)
        problem(await post(anna, b"x"), 429, "rate_limited")
        for offset in (0, 2):
            assert (await add(anna, path, offset, b"ab")).status_code == 204
        problem(await add(anna, path, 4, b""), 429, "rate_limited")
        url = (await processed(anna, path[1:]))["url"]
        answers = [(await download(anna, url)).status_code for _ in range(3)]
        assert answers == [200, 200, 429]
        assert (await post(boris, b"x")).status_code == 201


async def test_the_address_of_a_replaced_avatar_counts_too(settings: Settings) -> None:
    async with served(build_app(limited(settings, download_file="2/hour"))) as http:
        anna = await FakeClient.sign_up(http, "anna")
        images = [(await ready(anna, picture("PNG", (40, 20)), "лицо.png"))["id"] for _ in range(2)]
        url, _ = [ok(await anna.put("/accounts/me/avatar", {"attachment_id": image}))["url"] for image in images]
        assert [(await download(anna, url)).status_code for _ in range(3)] == [404, 404, 429]
