"""The dead-man's switch (as healthchecks.io and its likes understand it): start, success or fail, with counts.

Trouble with the ping never stops a sweep: a missing ping is what raises the alarm, from outside.
"""

import json
from collections.abc import Mapping

TIMEOUT = 10.0


class HttpPing:
    """`POST URL/start`, then `URL` or `URL/fail`; the body is JSON with the sweep's id and counts, no client data."""

    def __init__(self, url: str) -> None:
        """`url` is a capability: it is never logged."""
        self._url = url.rstrip("/")

    def start(self, sweep_id: str) -> None:
        """Work begins."""
        self._post("/start", {"sweep": sweep_id})

    def finish(self, sweep_id: str, ok: bool, counts: Mapping[str, int]) -> None:
        """Work ended after the last commit."""
        self._post("" if ok else "/fail", {"sweep": sweep_id, "counts": dict(counts)})

    def _post(self, tail: str, body: Mapping[str, object]) -> None:
        import requests  # not before somebody is to be told: most runs are watched by nobody
        import structlog

        try:
            answer = requests.post(
                self._url + tail,
                data=json.dumps(body),
                timeout=TIMEOUT,
                allow_redirects=False,
                headers={"Content-Type": "application/json"},
            )
        except requests.RequestException as error:
            structlog.get_logger().warning("ping failed", kind=type(error).__name__)
            return
        if answer.status_code >= 300:
            structlog.get_logger().warning("ping refused", status=answer.status_code)


class NoPing:
    """Nobody is watching."""

    def start(self, sweep_id: str) -> None:
        """Nothing."""

    def finish(self, sweep_id: str, ok: bool, counts: Mapping[str, int]) -> None:
        """Nothing."""
