"""A sign-in provider on loopback that does what it should, unless a test makes it misbehave."""

import asyncio
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from hashlib import sha256
from typing import Any
from urllib.parse import quote_plus, urlencode
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from jwt.algorithms import RSAAlgorithm

from app.settings.egress_settings import EgressSettings
from tests.servers import listening

CLIENT_ID, CLIENT_SECRET = "messenger", "s3cret of the messenger"
EGRESS = EgressSettings(allow_networks=("127.0.0.0/8",), timeout_s=60)
Json = dict[str, Any]


@cache
def private_key(name: str) -> RSAPrivateKey:
    """Returns a key, the same for each name: making one takes a while."""
    return generate_private_key(65537, 2048)


def public_jwk(name: str = "main") -> Json:
    return RSAAlgorithm.to_jwk(private_key(name).public_key(), as_dict=True) | {"kid": name, "use": "sig"}


def sign(claims: Mapping[str, Any], key: Any = None, algorithm: str = "RS256", **header: Any) -> str:
    key = private_key("main") if key is None else key
    return jwt.encode(dict(claims), key, algorithm, headers={"kid": "main", **header})


class FakeProvider:
    """What it says and does is in its fields.

    - `people`: claims by subject. `subject`: who signs in next.
    - `make_token(claims)`: signs the ID token. `answers`: answers by path that replace its own.
    - `may_answer`: events by path. The next request to the path waits for the event.
    - `token_length`: characters of its access and refresh tokens. `expires_in`: seconds until its access tokens expire.
    - `gives_refresh_tokens`, `takes_codes_again`, `checks_verifiers`: what it allows.
    - `people_at_userinfo`: claims of the userinfo endpoint, if they differ.
    """

    def __init__(self) -> None:
        self.issuer = ""
        self.subject = "anna-1"
        self.people: dict[str, Json] = {
            "anna-1": {
                "email": "anna@example.com",
                "email_verified": True,
                "name": "Анна",
                "preferred_username": "anna",
            }
        }
        self.metadata: Json = {}
        self.keys: list[Json] = [public_jwk()]
        self.make_token: Callable[[Json], str] = sign
        self.answers: dict[str, Response] = {}
        self.may_answer: dict[str, asyncio.Event] = {}
        self.token_length = 32
        self.expires_in = 3600
        self.gives_refresh_tokens = True
        self.takes_codes_again = False
        self.checks_verifiers = True
        self.people_at_userinfo: dict[str, Json] = {}
        self.returns: Json = {}
        """Parameters that it adds to the address of the return."""
        self.requests: list[str] = []
        self._codes: dict[str, Json] = {}
        self._tokens: dict[str, str] = {}

    def disable(self, subject: str) -> None:
        """Disables an account: its tokens are worth nothing any more."""
        self._tokens = {token: owner for token, owner in self._tokens.items() if owner != subject}

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["FakeProvider"]:
        async with listening(self._app()) as address:
            self.issuer = f"http://{address}"
            yield self

    def claims(self, code: Json) -> Json:
        """Returns the claims of a right ID token."""
        at = int(time.time())
        standard = {"iss": self.issuer, "sub": code["subject"], "aud": CLIENT_ID, "iat": at, "exp": at + 300}
        return standard | {"nonce": code["nonce"]} | self.people[code["subject"]]

    def _app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)

        @app.middleware("http")
        async def replace(request: Request, call_next: Callable[[Request], Any]) -> Response:
            self.requests.append(request.url.path)
            if (may_answer := self.may_answer.pop(request.url.path, None)) is not None:
                await may_answer.wait()
            other = self.answers.get(request.url.path)
            return other if other is not None else await call_next(request)

        @app.get("/.well-known/openid-configuration")
        async def metadata() -> Json:
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "scopes_supported": ["openid", "email", "profile", "offline_access"],
            } | self.metadata

        @app.get("/keys")
        async def keys() -> Json:
            return {"keys": self.keys}

        @app.get("/authorize")
        async def authorize(request: Request) -> RedirectResponse:
            asked, code = dict(request.query_params), uuid4().hex
            assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT_ID)
            assert asked["code_challenge_method"] == "S256"
            assert "openid" in asked["scope"].split()
            self._codes[code] = asked | {"subject": self.subject}
            returned = {"code": code, "state": asked["state"]} | self.returns
            return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(returned)}", 303)

        @app.post("/token")
        async def token(request: Request) -> Response:
            form = dict(await request.form())
            if request.headers.get("authorization") != _BASIC:
                return JSONResponse({"error": "invalid_client"}, 401)
            if form["grant_type"] == "refresh_token":
                subject = self._tokens.pop(str(form["refresh_token"]), None)
                return _refusal() if subject is None else JSONResponse(self._issue(subject))
            code = self._codes.get(str(form["code"]))
            if not self.takes_codes_again:
                self._codes.pop(str(form["code"]), None)
            challenge = urlsafe_b64encode(sha256(str(form["code_verifier"]).encode()).digest()).decode().rstrip("=")
            if code is None or code["redirect_uri"] != form["redirect_uri"]:
                return _refusal()
            if self.checks_verifiers and code["code_challenge"] != challenge:
                return _refusal()
            return JSONResponse(self._issue(code["subject"]) | {"id_token": self.make_token(self.claims(code))})

        @app.get("/userinfo")
        async def userinfo(request: Request) -> Response:
            subject = self._tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
            if subject is None:
                return JSONResponse({"error": "invalid_token"}, 401)
            return JSONResponse({"sub": subject} | self.people_at_userinfo.get(subject, self.people[subject]))

        return app

    def _issue(self, subject: str) -> Json:
        tokens = {"access_token": uuid4().hex.ljust(self.token_length, "x")}
        if self.gives_refresh_tokens:
            tokens["refresh_token"] = uuid4().hex.ljust(self.token_length, "x")
        self._tokens |= dict.fromkeys(tokens.values(), subject)
        return tokens | {"token_type": "Bearer", "expires_in": self.expires_in}


_BASIC = "Basic " + b64encode(f"{CLIENT_ID}:{quote_plus(CLIENT_SECRET)}".encode()).decode()


def _refusal() -> JSONResponse:
    return JSONResponse({"error": "invalid_grant"}, 400)
