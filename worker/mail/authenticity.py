"""Whether a message is genuine, as our own receiving server found (RFC 8601, Authentication-Results).

Anybody can write such a header. Only the topmost one that bears our server's name counts: servers put theirs above what
came in, and must remove others under their name (RFC 8601, 5). What it says has to be about the domain of the one From
address: a DMARC pass for it, or a DKIM signature of it or of a parent domain. Microsoft 365 names no server; its header
is the topmost of all (Microsoft's "Anti-spam message headers").
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses

NAMELESS = "microsoft"
"""The trusted server that signs without a name."""
LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """`sender` is the From address in lower case ("" when there is not exactly one); `why` says what is lacking."""

    sender: str
    genuine: bool
    why: str = ""


def verdict(raw: bytes, trusted: str) -> Verdict:
    """Judge a message's bytes, trusting the server of this name alone. Never raises."""
    message = message_from_bytes(raw, policy=compat32)
    senders = [a for a in getaddresses(_all(message, "From")) if a != ("", "")]
    if len(_all(message, "From")) != 1 or len(senders) != 1 or senders[0][1].count("@") != 1:
        return Verdict("", False, "it has not exactly one sender")
    sender = senders[0][1].lower()
    found = _of(_all(message, "Authentication-Results"), trusted.lower())
    if found is None:
        return Verdict(sender, False, f"our server ({trusted}) says nothing about who sent it")
    why = _lacks(found, sender.rpartition("@")[2])
    return Verdict(sender, not why, why)


def _all(message: Message, name: str) -> list[str]:
    return [str(value) for value in message.get_all(name, [])]


def _of(headers: Sequence[str], trusted: str) -> list[str] | None:
    """The results in the topmost header of our server, None without one."""
    for header in headers:
        parts = _parts(header)
        named = parts[0].split()[0].lower() if parts and parts[0].split() else ""
        if trusted == NAMELESS:
            return parts if "=" in named else None
        if named == trusted:
            return parts[1:]
    return None


def _parts(header: str) -> list[str]:
    """The header cut at semicolons, without comments; quoted texts keep theirs. An open comment swallows the rest."""
    out: list[str] = [""]
    depth, quoted, skip = 0, False, False
    for sign in header[:LONGEST]:
        if skip:
            skip = False
        elif sign == "\\":
            skip = True
        elif quoted:
            quoted = sign != '"'
        elif sign == '"' and not depth:
            quoted = True
        elif sign == "(":
            depth += 1
        elif sign == ")" and depth:
            depth -= 1
            out[-1] += " "
        elif sign == ";" and not depth:
            out.append("")
        elif not depth:
            out[-1] += sign
    return [" ".join(part.split()) for part in out]


_RESULT = re.compile(r"(dkim|dmarc)\s*=\s*([a-z]+)\b", re.IGNORECASE)
_ABOUT = re.compile(r"\bheader\.(d|i|from)\s*=\s*(\S+)", re.IGNORECASE)


def _lacks(results: Sequence[str], domain: str) -> str:
    """What keeps these results from saying that somebody of this domain wrote the message; "" when they do say so."""
    signed = passed = False
    for each in results:
        method = _RESULT.match(each)
        if method is None:
            continue
        about = {name.lower(): value.rpartition("@")[2].lower() for name, value in _ABOUT.findall(each)}
        name, says = method[1].lower(), method[2].lower()
        if name == "dmarc" and says == "fail":
            return "our server found that it does not come from that domain (dmarc)"
        if says != "pass":
            continue
        passed = passed or (name == "dmarc" and about.get("from") == domain)
        signer = about.get("d") or about.get("i") or ""
        signed = signed or (name == "dkim" and _speaks_for(signer, domain))
    return "" if signed or passed else f"nothing proves that {domain} sent it (no dkim or dmarc pass for it)"


def _speaks_for(signer: str, domain: str) -> bool:
    return bool(signer) and "." in signer and (signer == domain or domain.endswith(f".{signer}"))
