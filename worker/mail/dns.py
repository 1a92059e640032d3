"""What DNS says, with the ways of saying nothing kept apart: no such name, no such record, no answer at all."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

TIMEOUT = 5.0
"""Seconds for one question, retries included."""


class Said(StrEnum):
    """How a question ended."""

    FOUND = "found"
    NOTHING = "no such record"
    NO_NAME = "no such name"
    NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True)
class Answer:
    """The records as text (a TXT's strings joined, an MX's host), in DNS order; none unless FOUND."""

    said: Said
    records: tuple[str, ...] = ()


class Dns(Protocol):
    """Asks one question. Never raises for what DNS does."""

    def ask(self, name: str, kind: str) -> Answer:
        """`kind` is TXT, MX, A or AAAA."""


class Resolver:
    """The Dns port over dnspython: this machine's resolvers, or the one server named."""

    def __init__(self, server: str = "", port: int = 53, timeout: float = TIMEOUT) -> None:
        """`server` is an IP address; "" for the system's own resolvers."""
        from dns.resolver import NoResolverConfiguration, Resolver

        try:
            self._resolver = Resolver(configure=not server)
        except NoResolverConfiguration:  # then every question goes unanswered, which is what there is to say
            self._resolver = Resolver(configure=False)
        if server:
            self._resolver.nameservers, self._resolver.port = [server], port
        self._resolver.lifetime = timeout
        self._known: dict[tuple[str, str], Answer] = {}

    def ask(self, name: str, kind: str) -> Answer:
        """See `Dns.ask`; each question is asked once."""
        key = (name.lower().rstrip("."), kind)
        if key not in self._known:
            self._known[key] = self._asked(*key)
        return self._known[key]

    def _asked(self, name: str, kind: str) -> Answer:
        from dns.exception import DNSException
        from dns.resolver import NXDOMAIN, NoAnswer

        try:
            found = self._resolver.resolve(name, kind, search=False)
        except NXDOMAIN:
            return Answer(Said.NO_NAME)
        except NoAnswer:
            return Answer(Said.NOTHING)
        except (DNSException, OSError, UnicodeError):
            return Answer(Said.NO_ANSWER)
        return Answer(Said.FOUND, tuple(_text(record, kind) for record in found))


def _text(record: object, kind: str) -> str:
    if kind == "TXT":
        parts: tuple[bytes, ...] = record.strings  # type: ignore[attr-defined]
        return b"".join(parts).decode("utf-8", "replace")
    if kind == "MX":
        return str(record.exchange).rstrip(".")  # type: ignore[attr-defined]
    return str(record)
