"""A DNS server on loopback that answers from a zone, refuses some names, and keeps silent about others."""

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

Zone = Mapping[tuple[str, str], Sequence[str]]


@dataclass
class FarDns:
    """`zone`: (name, kind) -> records; `silent` names are never answered, `failing` ones with SERVFAIL."""

    port: int
    zone: dict[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    failing: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, raw: bytes) -> bytes | None:
        query = dns.message.from_wire(raw)
        (question,) = query.question
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        if name in self.silent:
            return None
        response = dns.message.make_response(query, recursion_available=True)
        if name in self.failing:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif records := self.zone.get((name, kind)):
            texts = [_quoted(r) if kind == "TXT" else r for r in records]
            response.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *texts))
        elif not any(known == name or known.endswith(f".{name}") for known, _ in self.zone):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response.to_wire(max_size=65535)


def _quoted(text: str) -> str:
    return " ".join(f'"{text[n : n + 250]}"' for n in range(0, len(text), 250))


@contextmanager
def dns_server() -> Iterator[FarDns]:
    """Answers UDP questions until it is closed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        far = FarDns(line.getsockname()[1])

        def serve() -> None:
            with suppress(OSError):
                while True:
                    raw, whence = line.recvfrom(4096)
                    if not raw:
                        return
                    if answer := far.answer(raw):
                        line.sendto(answer, whence)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield far
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", ("127.0.0.1", far.port))
            thread.join(5)
