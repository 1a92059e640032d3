"""A domain's DKIM keys (RFC 6376 3.6.1) and its DMARC policy (RFC 7489 6.3), read from DNS."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from worker.mail.dns import Dns, Said

SHORT = 1024
"""Bits below which receivers reject a key (RFC 8301)."""


@dataclass(frozen=True, slots=True)
class Key:
    """One selector. `bits` 0: unknown or not RSA; `wrong` says why the key cannot be used ("": it can)."""

    selector: str
    said: Said
    bits: int = 0
    wrong: str = ""

    @property
    def usable(self) -> bool:
        """Whether a receiver can check a signature with it."""
        return self.said is Said.FOUND and not self.wrong


def read_keys(dns: Dns, domain: str, selectors: Sequence[str]) -> list[Key]:
    """The keys under these selectors."""
    return [_key(dns, domain, selector) for selector in selectors]


def _key(dns: Dns, domain: str, selector: str) -> Key:
    answer = dns.ask(f"{selector}._domainkey.{domain}", "TXT")
    tags = next((t for r in answer.records if "p" in (t := tags_of(r))), None)
    if tags is None:
        return Key(selector, Said.NOTHING if answer.said is Said.FOUND else answer.said)
    if not tags["p"]:
        return Key(selector, Said.FOUND, wrong="it was withdrawn (empty p=)")
    if tags.get("k", "rsa") != "rsa":
        return Key(selector, Said.FOUND)
    bits = _bits(tags["p"])
    if bits is None:
        return Key(selector, Said.FOUND, wrong="its key cannot be read")
    return Key(selector, Said.FOUND, bits, f"its key has only {bits} bits" if bits < SHORT else "")


def _bits(text: str) -> int | None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        return None
    return int(getattr(key, "key_size", 0))


def tags_of(record: str) -> dict[str, str]:
    """`a=b; c=d` as a mapping; tag names in lower case."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, equals, value in pairs if equals}


@dataclass(frozen=True, slots=True)
class Dmarc:
    """The policy that holds for a domain. `at`: where it was found; `policy`: none, quarantine, reject or ""."""

    said: Said
    at: str = ""
    policy: str = ""
    strict_spf: bool = False
    strict_dkim: bool = False
    reports_to: str = ""
    count: int = 0


def read_dmarc(dns: Dns, domain: str) -> Dmarc:
    """The domain's own policy, else that of the nearest domain above it, never of a top-level domain."""
    labels = domain.split(".")
    said = Said.NOTHING
    for start in range(max(1, len(labels) - 1)):
        at = ".".join(labels[start:])
        answer = dns.ask(f"_dmarc.{at}", "TXT")
        records = [r for r in answer.records if tags_of(r).get("v", "").upper() == "DMARC1"]
        if answer.said is Said.NO_ANSWER:
            return Dmarc(Said.NO_ANSWER, at)
        if not records:
            continue
        tags = tags_of(records[0])
        policy = tags.get("sp", tags.get("p", "")) if start else tags.get("p", "")
        strict = tags.get("aspf", "r").lower() == "s", tags.get("adkim", "r").lower() == "s"
        return Dmarc(Said.FOUND, at, policy.lower(), *strict, tags.get("rua", ""), len(records))
    return Dmarc(said)
