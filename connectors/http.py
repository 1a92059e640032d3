"""One kept-alive HTTP session to one platform: bounded, paced, and careful about what may be repeated.

Nothing here knows a platform's shapes. Logs carry ids, statuses and waits, never bodies, headers or query strings.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

from connectors.logs import warn
from connectors.meter import LAST_LOOK, READING, Meter
from connectors.pace import Pace
from worker.errors import BooksError, BooksGarbled, BooksUnavailable

if TYPE_CHECKING:
    from tenacity import RetryCallState

    from worker.ports import Clock

NEXT_SWEEP = "Nothing needs doing: the next sweep tries again."
LONGEST_WAIT = 300.0  # seconds; a longer Retry-After is a matter for the next sweep, not for a sleeping worker
_CHUNK = 1 << 18
_PASSING = frozenset({429, 500, 502, 503, 504})
_FROM_BETWEEN = frozenset({500, 502, 504})
"""Said by something that broke or stood between: the platform may have acted before. A 429 or a 503 turned us away."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one session. Times in seconds, `body` in bytes after decompression."""

    connect: float = 10.0
    read: float = 60.0
    whole: float = 180.0
    body: int = 64 << 20
    attempts: int = 4
    patience: float = 600.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, read to the end. `trace` is the platform's own id of the request, for its support desk."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    trace: str = ""

    def json(self, what: str) -> bytes:
        """The body, if it claims to be JSON and holds something. Raises BooksGarbled otherwise."""
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if not self.body.strip():
            raise BooksGarbled(f"An empty answer came instead of {what}{self.mark()}.", NEXT_SWEEP)
        if kind != "application/json" and not kind.endswith("+json"):
            raise BooksGarbled(
                f"{kind or 'Something without a content type'} came instead of {what}{self.mark()}.",
                "Look for a proxy or a sign-in page between this machine and the platform.",
            )
        return self.body

    def mark(self) -> str:
        """The trace in brackets, for the end of an error's first sentence; empty when there is none."""
        return f" (correlation id {self.trace})" if self.trace else ""


class ReplyLost(BooksUnavailable):
    """Sent, in part at least, and no answer of the platform's own came back: it may have acted on it."""


class PassingError(Exception):
    """Internal: trouble worth another attempt, where repeating is safe. `wait` is seconds, when the platform said."""

    def __init__(self, error: BooksError, wait: float | None = None) -> None:
        super().__init__(str(error))
        self.error, self.wait = error, wait


class Session:
    """One platform's HTTP session. GETs are repeated on passing trouble; anything else only when told it is safe."""

    def __init__(
        self,
        clock: "Clock",
        platform: str,
        *,
        pace: Pace | None = None,
        trace: str | tuple[str, ...] = "",
        limits: Limits | None = None,
        judge: Callable[[Reply, str], "PassingError | BooksError | None"] | None = None,
        meter: Meter | None = None,
    ) -> None:
        """`platform` is its name in messages, `trace` the header (or its spellings) that carries its id of a request.

        `judge` may tell, before the general rules do, that a reply to a question is passing trouble or final. `meter`
        counts what leaves, together with other sessions of the same connection.
        """
        self.meter = meter or Meter()
        self.clock, self.platform, self.pace = clock, platform, pace
        self._trace = (trace,) if isinstance(trace, str) else trace
        self._limits, self._own_judge = limits or Limits(), judge
        self._requests = requests.Session()
        self._requests.headers.update({"Accept-Encoding": "gzip", "User-Agent": "duecourse"})
        self._requests.auth = _as_given
        adapter = HTTPAdapter(pool_connections=2, pool_maxsize=1, max_retries=0)
        self._requests.mount("https://", adapter)
        self._requests.mount("http://", adapter)

    def ask(
        self,
        method: str,
        url: str,
        what: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        safe: bool | None = None,
        last_look: bool = False,
        purpose: str = "",
        most: int | None = None,
    ) -> Reply:
        """Ask once, or again while that is `safe` (default: for GET) and worth it. `what` names the thing in messages.

        `purpose` is what the meter calls it, otherwise a last look or a reading; `most` bytes may come, if fewer than
        the session's bound.
        Replies of 200-299 and 4xx other than 429 are returned. Raises BooksUnavailable after passing trouble
        (throttled, 5xx, time-outs, resets) and BooksGarbled for a redirect or a body beyond bounds.
        """

        named = purpose or (LAST_LOOK if last_look else READING)
        bound = min(most or self._limits.body, self._limits.body)

        def once() -> Reply:
            if self.pace:
                self.pace.before(last_look=last_look)
            request = {"params": params, "headers": headers, "data": body}
            return self._judge(self._once(method, url, what, request, named, bound), what)

        try:
            return once()
        except PassingError as trouble:
            if not (method == "GET" if safe is None else safe):
                raise trouble.error from trouble
            return self._again(once, trouble, method, url)

    def _again(self, once: Callable[[], Reply], trouble: PassingError, method: str, url: str) -> Reply:
        from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

        began = self.clock.monotonic()
        pending = [trouble]  # the failure already seen is the first attempt

        def attempt() -> Reply:
            if pending:
                raise pending.pop()
            return once()

        def wait(state: "RetryCallState") -> float:
            failure = state.outcome.exception() if state.outcome else None
            given = failure.wait if isinstance(failure, PassingError) else None
            return given if given is not None else float(2**state.attempt_number)

        def too_long(state: "RetryCallState") -> bool:
            return self.clock.monotonic() - began + state.upcoming_sleep > self._limits.patience

        def told(state: "RetryCallState") -> None:
            path = urllib3.util.parse_url(url).path
            warn("books.retry", platform=self.platform, method=method, path=path, wait=state.upcoming_sleep)

        try:
            return Retrying(
                retry=retry_if_exception_type(PassingError),
                stop=lambda state: stop_after_attempt(self._limits.attempts)(state) or too_long(state),
                wait=wait,
                sleep=self.clock.sleep,
                before_sleep=told,
                reraise=True,
            )(attempt)
        except PassingError as last:
            raise last.error from last

    def _once(self, method: str, url: str, what: str, request: Mapping[str, Any], purpose: str, bound: int) -> Reply:
        timeout = (self._limits.connect, self._limits.read)
        status = size = 0
        try:
            response = self._requests.request(
                method, url, timeout=timeout, allow_redirects=False, stream=True, **request
            )
            with response:
                try:
                    body = self._read(response, what, bound)
                finally:
                    status, size = response.status_code, response.raw.tell()
        except requests.exceptions.SSLError as error:
            raise BooksUnavailable(
                f"No trusted connection to {self.platform} could be made while asking for {what}.",
                "Check this machine's clock, its proxy and its certificates.",
            ) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            late = isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError)
            how = "did not answer in time" if late else "broke the connection"
            kind = BooksUnavailable if _never_sent(error) else ReplyLost
            raise PassingError(kind(f"{self.platform} {how} while asked for {what}.", NEXT_SWEEP)) from error
        finally:
            self.meter.add(purpose, status, size)
        headers = response.headers
        if self.pace:
            self.pace.after(headers)
        trace = next((headers[name] for name in self._trace if headers.get(name)), "")
        return Reply(response.status_code, headers, body, trace)

    def _read(self, response: requests.Response, what: str, bound: int) -> bytes:
        """Read to the end within bounds of size and time: a server that drips slowly must not hold the worker."""
        until = self.clock.monotonic() + self._limits.whole
        parts: list[bytes] = []
        size = 0
        while part := response.raw.read1(_CHUNK, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > bound:
                raise BooksGarbled(f"The answer to {what} is larger than {bound >> 20} MiB.", NEXT_SWEEP)
            if self.clock.monotonic() > until:
                error = ReplyLost(f"{self.platform} answered too slowly when asked for {what}.", NEXT_SWEEP)
                raise PassingError(error)
        return b"".join(parts)

    def _judge(self, reply: Reply, what: str) -> Reply:
        if self._own_judge and (trouble := self._own_judge(reply, what)):
            raise trouble
        if 300 <= reply.status < 400:
            raise BooksGarbled(
                f"{self.platform} sent us elsewhere when asked for {what} ({reply.status}){reply.mark()}.",
                "Check the platform's address in the settings; redirects are never followed.",
            )
        if reply.status not in _PASSING:
            return reply
        wait = seconds(reply.headers.get("Retry-After", ""))
        kind = ReplyLost if reply.status in _FROM_BETWEEN else BooksUnavailable
        error = kind(f"{self.platform} {_passing_words(reply)} when asked for {what}{reply.mark()}.", NEXT_SWEEP, wait)
        if wait is not None and wait > LONGEST_WAIT:
            raise error
        raise PassingError(error, wait)


def _never_sent(error: Exception) -> bool:
    """Whether no byte of the request can have left: no line was ever made."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    unmade = (urllib3.exceptions.ConnectTimeoutError, urllib3.exceptions.NewConnectionError)
    return isinstance(error, requests.ConnectTimeout) or isinstance(reason, unmade)


def seconds(text: str) -> float | None:
    """A Retry-After in seconds; None when absent or not a plain number of seconds (then we choose the wait)."""
    text = text.strip()
    return float(text) if text.isascii() and text.isdecimal() else None


def _as_given(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep our Authorization header: without an auth of its own, the library would prefer what ~/.netrc says."""
    return request


def _passing_words(reply: Reply) -> str:
    if reply.status == 429:
        limit = reply.headers.get("X-Rate-Limit-Problem", "")
        return f"throttles us (429{', limit: ' + limit if limit.isalpha() else ''})"
    plain = reply.headers.get("Content-Type", "").startswith("text/plain")
    said = reply.body[:120].decode("utf-8", "replace").strip().partition("\n")[0] if plain else ""
    return f"could not answer ({reply.status}{': ' + said if said else ''})"
