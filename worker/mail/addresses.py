"""Addresses a letter may go to: exactly one plain mailbox each, and names that cannot pretend to be something else."""

import ipaddress
import re
import unicodedata

from worker.core.plain import has_controls, one_line
from worker.core.settings import Address

# The dot-atom of RFC 5322 3.2.3 in ASCII: quoted local parts, groups, lists and comments are refused, as hardly any
# real address needs them and every forged one does. Lengths: RFC 5321 4.5.3.1.
_MAILBOX = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([a-z0-9.-]+)", re.IGNORECASE)
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.IGNORECASE)
_LONGEST_NAME = 64


def checked(address: Address) -> Address:
    """The address with its name made inert (see `worker.core.plain`), at most 64 characters.

    Raises ValueError, saying why, when the e-mail is not exactly one plain mailbox.
    """
    why = objection(address.email)
    if why:
        raise ValueError(f"{address.email!r} cannot be written to: {why}")
    name = unicodedata.normalize("NFC", one_line(address.name))[:_LONGEST_NAME].strip()
    return address if name == address.name else Address(address.email, name)


def objection(email: str) -> str:
    """Why this is no usable address; empty when it is one."""
    if has_controls(email):
        return "it holds a line end or another control character"
    if not email.isascii():
        return "it holds letters outside ASCII; write the domain in its xn-- form"
    match = _MAILBOX.fullmatch(email)
    if not match:
        return "expected one address such as accounts@example.com"
    if len(email) > 254 or len(email.rpartition("@")[0]) > 64:
        return "it is longer than an address may be"
    labels = match[1].split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        return "what follows the @ is not a domain"
    return ""


def is_loopback(host: str) -> bool:
    """True for this machine's own addresses, by name or number."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
