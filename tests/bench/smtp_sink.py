"""An SMTP server that takes everything and keeps nothing, for measuring who sends: `smtp_sink.py [PORT]`."""

import socketserver
import sys


class Sink(socketserver.StreamRequestHandler):
    """One connection: any number of letters, counted over all connections."""

    disable_nagle_algorithm = True
    letters = 0

    def handle(self) -> None:
        self._say("220 sink")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                self._say("250 sink")
            elif verb == b"DATA":
                self._say("354 go on")
                while self.rfile.readline() != b".\r\n":
                    pass
                type(self).letters += 1
                self._say("250 kept nothing")
            elif verb == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 fine")

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


class Server(socketserver.ThreadingTCPServer):
    """One thread a connection."""

    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    with Server(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 0), Sink) as server:
        print("ready", server.server_address[1], flush=True)
        server.serve_forever()
