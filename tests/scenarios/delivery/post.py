"""The other side of SMTP: keeps its own record of what it accepted, and can be told to hang up in between."""

import socket
import threading
from collections.abc import Callable
from typing import BinaryIO

Action = Callable[[], None]
HALF, DOT = "half", "dot"


class Post:
    """A small SMTP server on this machine. `on(HALF | DOT, nth, action)`: at the nth letter, in the middle of its body
    or after its dot was read and the letter was put on record, do `action` and hang up without a reply."""

    def __init__(self) -> None:
        self.accepted: list[bytes] = []
        self._actions: dict[tuple[str, int], Action] = {}
        self._begun = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def on(self, step: str, nth: int, action: Action) -> None:
        self._actions[step, nth] = action

    @property
    def pending(self) -> bool:
        """An action that was asked for has not happened."""
        return bool(self._actions)

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(sock,), daemon=True).start()

    def _connection(self, sock: socket.socket) -> None:
        with sock, sock.makefile("rb") as reader:
            try:
                self._talk(sock, reader)
            except OSError:
                return

    def _talk(self, sock: socket.socket, reader: BinaryIO) -> None:
        sock.sendall(b"220 post\r\n")
        while line := reader.readline():
            verb = line[:4].strip().upper()
            if verb == b"DATA":
                sock.sendall(b"354 go on\r\n")
                if not self._letter(reader):
                    return
            elif verb == b"QUIT":
                sock.sendall(b"221 bye\r\n")
                return
            sock.sendall(b"250 ok\r\n")

    def _letter(self, reader: BinaryIO) -> bool:
        """False to hang up."""
        self._begun += 1
        nth, body = self._begun, b""
        while (line := reader.readline()) != b".\r\n":
            if not line:
                return False
            body += line[1:] if line.startswith(b"..") else line
            if len(body) > 200 and self._act(HALF, nth):
                return False
        self.accepted.append(body)
        return not self._act(DOT, nth)

    def _act(self, step: str, nth: int) -> bool:
        action = self._actions.pop((step, nth), None)
        if action:
            action()
        return action is not None
