"""The other side of SendGrid: a loopback HTTP server that keeps what it gets and answers as scripted."""

import json
import socket
import threading
from dataclasses import dataclass, field

from tests.mail.contract import Arrived

DROP = b""
SILENT = b"silent"
QUEUED = b"HTTP/1.1 202 Accepted\r\nX-Message-Id: abc123\r\nContent-Length: 0\r\n\r\n"


def reply(status: int, body: str = "", **headers: str) -> bytes:
    """An HTTP reply with a body."""
    lines = [f"HTTP/1.1 {status} x", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body]).encode()


@dataclass(frozen=True)
class Request:
    """One request: its head in lower-case names, and its body."""

    line: str
    head: dict[str, str]
    body: bytes


@dataclass
class FarHttp:
    """`script` holds one answer a request; then everything is queued. `close_after`: hang up after each answer."""

    script: list[bytes] = field(default_factory=list)
    close_after: bool = False
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.closed = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def arrived(self) -> list[Arrived]:
        return [_arrived(request.body) for request in self.requests]

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._connection, args=(sock,), daemon=True).start()

    def _connection(self, sock: socket.socket) -> None:
        with sock, sock.makefile("rb") as reader:
            try:
                while self._one(sock, reader):
                    pass
            except OSError:
                pass
        self.closed.set()

    def _one(self, sock: socket.socket, reader: object) -> bool:
        line = reader.readline()  # type: ignore[attr-defined]
        if not line:
            return False
        head = {}
        while header := reader.readline().strip():  # type: ignore[attr-defined]
            name, _, value = header.decode().partition(":")
            head[name.lower()] = value.strip()
        body = reader.read(int(head.get("content-length", 0)))  # type: ignore[attr-defined]
        self.requests.append(Request(line.decode().strip(), head, body))
        says = self.script.pop(0) if self.script else QUEUED
        if says == SILENT:
            reader.read()  # type: ignore[attr-defined]  # until the client hangs up
            return False
        sock.sendall(says)
        return bool(says) and not self.close_after


def _arrived(body: bytes) -> Arrived:
    data = json.loads(body)
    (personalization,) = data["personalizations"]
    people = [each["email"] for kind in ("to", "cc", "bcc") for each in personalization.get(kind, [])]
    return Arrived(tuple(people), body, data["content"][0]["value"])
