"""The bus over NATS with TLS. The certificate is made by openssl, which PostgreSQL's package brings."""

import subprocess
from pathlib import Path

import pytest

from app.adapters.clients.bus.nats import NatsBus
from tests.adapters.buses import BusRecorder, processes
from tests.nats_server import NatsServer


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that no system trusts, and its key."""
    files = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(files[0]), "-keyout", str(files[1])]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)
    return files


@pytest.mark.parametrize("scheme", ["tls", "nats"])
async def test_the_server_is_verified_before_the_password_is_sent(
    tmp_path: Path, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """Also with `nats://`, if the server requires TLS."""
    config = f'tls {{ cert_file: "{certificate[0]}", key_file: "{certificate[1]}" }}'
    with NatsServer(tmp_path, config, "authorization { user: u, password: p }") as server:
        url = f"{scheme}://u:p@{server.address}"
        refused = NatsBus([url], "messenger")
        recorder = BusRecorder(refused)
        async with refused.connected():
            await recorder.until(lambda: "CERTIFICATE_VERIFY_FAILED" in str(refused.unavailable_because))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        async with processes(NatsBus([url], "messenger"), NatsBus([url], "messenger")) as ((one, _), (_, other)):
            one.notify("session.ended", {"number": 1})
            await other.until(lambda: other.notifications == [{"number": 1}])
