"""Stand-ins for the clouds' secret managers, over real HTTP on loopback. Google's holds the tests' vault key."""

import threading
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.vault.support import KEY


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """AWS's answers from moto's server in this process, over real HTTP."""
    server_module = pytest.importorskip("moto.server")
    boto3 = pytest.importorskip("boto3")
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    yield boto3.client("secretsmanager")
    server.stop()


@pytest.fixture
def google() -> Iterator[str]:
    """A stand-in for Google Secret Manager's REST interface, on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            payload = b64encode(KEY.reveal().encode()).decode()
            known = {
                "/v1/projects/p/secrets/vault/versions/latest:access": (200, f'{{"payload": {{"data": "{payload}"}}}}'),
                "/v1/projects/p/secrets/broken/versions/3:access": (200, '{"payload": {}}'),
                "/v1/projects/p/secrets/secret/versions/latest:access": (403, "{}"),
            }
            status, text = known.get(self.path, (404, "{}"))
            if self.headers["Authorization"] != "Bearer given":
                status = 401
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.shutdown()
    server.server_close()
