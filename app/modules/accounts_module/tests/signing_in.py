"""Signing in and refreshing, as a client does that has no session yet or no valid access token."""

from typing import Any

import httpx

from tests.fakers import API, PASSWORD


async def sign_in(http: httpx.AsyncClient, login: Any, password: Any = PASSWORD, **more: str) -> httpx.Response:
    return await http.post(f"{API}/accounts/sign-in", json={"login": login, "password": password, **more})


async def refresh(http: httpx.AsyncClient, refresh_token: str) -> httpx.Response:
    return await http.post(f"{API}/accounts/refresh", json={"refresh_token": refresh_token})
