"""A domain's SPF record (RFC 7208), as far as a sender has to know it: who is named, and whether it can work at all."""

import ipaddress
from dataclasses import dataclass, field

from worker.mail.dns import Dns, Said

LOOKUPS = 10
"""Terms that make the receiver ask DNS, at most: RFC 7208 4.6.4; beyond it the whole record counts for nothing."""
_ASKS = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass
class Spf:
    """What was found. `said` tells why there may be no record; `includes` holds every domain named, on any level."""

    said: Said
    records: tuple[str, ...] = ()
    includes: list[str] = field(default_factory=list)
    networks: list[Network] = field(default_factory=list)
    lookups: int = 0
    everyone: str = ""
    broken: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)

    @property
    def works(self) -> bool:
        """Whether a receiver can evaluate it."""
        return len(self.records) == 1 and self.lookups <= LOOKUPS and not self.broken

    def names(self, domain: str) -> bool:
        """Whether it includes that domain, at any depth."""
        return domain.lower() in self.includes

    def permits(self, address: str) -> bool:
        """Whether an IP address is among the networks it lists."""
        ip: IpAddress = ipaddress.ip_address(address)
        return any(ip in network for network in self.networks)


def read_spf(dns: Dns, domain: str) -> Spf:
    """Read the record and everything it includes."""
    answer = dns.ask(domain, "TXT")
    records = tuple(r for r in answer.records if _is_spf(r))
    said = answer.said if answer.said is not Said.FOUND or records else Said.NOTHING
    spf = Spf(said, records)
    if len(records) == 1:
        _Walk(dns, spf).follow(domain, records[0], top=True)
    return spf


def _is_spf(record: str) -> bool:
    return record.lower() == "v=spf1" or record.lower().startswith("v=spf1 ")


@dataclass
class _Walk:
    """One pass through a record and what it includes; a loop or an overlong chain ends at the limit of look-ups."""

    dns: Dns
    spf: Spf

    def follow(self, domain: str, record: str, *, top: bool = False) -> None:
        for term in record.split()[1:]:
            if self.spf.lookups > LOOKUPS:
                return
            self._term(domain, term, top=top)

    def _term(self, domain: str, term: str, *, top: bool) -> None:
        sign = term[0] if term[0] in "+-~?" else "+"
        name, _, value = term.lstrip("+-~?").replace("=", ":", 1).partition(":")
        name, _, bits = name.lower().partition("/")
        if name in _ASKS:
            self.spf.lookups += 1
        if name == "all" and top:
            self.spf.everyone = sign
        elif name in {"include", "redirect"}:
            self._include(value, top=top and name == "redirect")
        elif sign == "+" and name in {"ip4", "ip6"}:
            self._network(value)
        elif sign == "+" and name in {"a", "mx"}:
            host, _, more = value.partition("/")
            self._hosts(name, host or domain, bits or more)

    def _include(self, target: str, *, top: bool) -> None:
        if "%" in target:  # a macro depends on the message; nothing can be said of it beforehand
            return
        self.spf.includes.append(target.lower().rstrip("."))
        answer = self.dns.ask(target, "TXT")
        records = [r for r in answer.records if _is_spf(r)]
        if answer.said is Said.NO_ANSWER:
            self.spf.unanswered.append(target)
        elif len(records) != 1:
            self.spf.broken.append(f"it names {target}, which has {len(records) or 'no'} SPF record")
        else:
            self.follow(target, records[0], top=top)

    def _network(self, value: str) -> None:
        try:
            self.spf.networks.append(ipaddress.ip_network(value, strict=False))
        except ValueError:
            self.spf.broken.append(f'"{value[:60]}" is no network')

    def _hosts(self, kind: str, host: str, bits: str) -> None:
        hosts = self.dns.ask(host, "MX").records if kind == "mx" else (host,)
        for each in hosts:
            for address in (*self.dns.ask(each, "A").records, *self.dns.ask(each, "AAAA").records):
                wide = f"/{bits.partition('//')[0]}" if bits and ":" not in address else ""
                self._network(f"{address}{wide}")
