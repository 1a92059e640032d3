"""AWS's side of the Lambda Runtime API, for the real runtime client: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html"""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

API = "/2018-06-01/runtime"
PATIENCE = 60


class Runtime:
    """Starts awslambdaric on a handler, and invokes it with an event and a number of seconds."""

    def __init__(self, handler: str, folder: Path, env: dict[str, str]) -> None:
        self._asked: queue.Queue[tuple[str, Any, float]] = queue.Queue()
        self._answers: dict[str, queue.Queue[tuple[str, Any]]] = {}
        runtime = self

        class Api(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def log_message(self, *_: object) -> None:
                """Silent."""

            def do_GET(self) -> None:
                name, event, seconds = runtime._asked.get()
                self.answer(
                    200,
                    json.dumps(event).encode(),
                    {
                        "Lambda-Runtime-Aws-Request-Id": name,
                        "Lambda-Runtime-Deadline-Ms": str(int((time.time() + seconds) * 1000)),
                        "Lambda-Runtime-Trace-Id": "Root=1-0-0",
                        "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:000000000000:function:sweep",
                    },
                )

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                *_, name, kind = self.path.split("/")
                runtime._answers.setdefault(name, queue.Queue()).put((kind, json.loads(body or b"null")))
                self.answer(202, b"{}", {})

            def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                about = {"Content-Type": "application/json", "Content-Length": str(len(body))}
                for key, value in {**headers, **about}.items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        here = f"127.0.0.1:{self._server.server_port}"
        about = {
            "AWS_LAMBDA_RUNTIME_API": here,
            "LAMBDA_TASK_ROOT": str(folder),
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
        }
        about |= {"AWS_LAMBDA_FUNCTION_NAME": "sweep", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST"}
        about |= {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", "AWS_LAMBDA_LOG_GROUP_NAME": "g"}
        about |= {"AWS_LAMBDA_LOG_STREAM_NAME": "s", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        self.log = folder / "lambda.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "awslambdaric", handler],
                env={**os.environ, **about, **env},
                stdout=log,
                stderr=log,
            )

    def invoke(self, event: Any, seconds: float = 300) -> tuple[str, Any]:
        """("response", answer) or ("error", what the runtime reported)."""
        name = str(uuid4())
        answers = self._answers.setdefault(name, queue.Queue())
        self._asked.put((name, event, seconds))
        return answers.get(timeout=PATIENCE)

    def close(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)
        self._server.shutdown()
        self._server.server_close()
