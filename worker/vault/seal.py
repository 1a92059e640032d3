"""Sealing: AES-256-GCM, a new nonce for every write, and the connection's own name, platform and key id bound in.

A sealed grant put in another's place, under another name or with an edited label, does not open.
"""

import json
import os
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from worker.core.grant import Grant
from worker.errors import ConnectionBroken
from worker.vault.codec import decode, encode
from worker.vault.keys import Keyring

_NONCE = 12  # bytes
_BOUND = ("version", "name", "platform", "tenant", "key")
_PLAIN = re.compile(r"(xero|quickbooks)-[0-9a-f]{16}")
"""Names under which an earlier duecourse kept grants that were not sealed; no other name may be unsealed."""


@dataclass(frozen=True, slots=True)
class Label:
    """What is written on the outside: whose it is, and the id of the key that opens it ("" when it is not sealed)."""

    name: str
    platform: str
    key: str


class Sealer:
    """Grants as bytes that only the holder of a key can read."""

    def __init__(self, keys: Keyring) -> None:
        """`keys` are fetched when first needed."""
        self.keys = keys

    def seal(self, name: str, grant: Grant) -> bytes:
        """The grant, sealed with the current key. Raises ConnectionBroken when there is no key."""
        key = self.keys.sealing()
        label = {
            "version": 1,
            "name": name,
            "platform": grant.platform,
            "tenant": grant.only_tenant,
            "key": key.id,
        }
        nonce = os.urandom(_NONCE)
        sealed = nonce + AESGCM(key.bytes()).encrypt(nonce, encode(grant), _bound(label))
        return json.dumps({**label, "sealed": b64encode(sealed).decode()}).encode()

    def open(self, name: str, kept: bytes) -> Grant:
        """The grant kept under this name. Raises ConnectionBroken when it cannot be opened, or is not this one's."""
        try:
            outside = _outside(kept)
            if "sealed" not in outside:
                if not _PLAIN.fullmatch(name):
                    raise ValueError("not sealed")
                return decode(kept)
            if outside["name"] != name:
                raise ConnectionBroken(
                    f'What is kept as the connection "{name}" is labelled as another.', "Put each back in its place."
                )
            sealed = b64decode(outside["sealed"], validate=True)
            key = self.keys.opening(str(outside["key"]))
            if key is None:
                raise ConnectionBroken(
                    f'The connection "{name}" is sealed with the vault key {outside["key"]}, which is not at hand; '
                    f"keys are looked for in {self.keys.where}.",
                    "Give that key, or add it to previous keys; if it is lost, connect again.",
                )
            return decode(AESGCM(key.bytes()).decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound(outside)))
        except InvalidTag:
            raise ConnectionBroken(
                f'The saved connection "{name}" does not open: it was changed or damaged.',
                "Restore it from a backup, or connect again.",
            ) from None
        except (ValueError, KeyError, TypeError):
            raise ConnectionBroken(
                f'The saved connection "{name}" cannot be read.', "Restore it from a backup, or connect again."
            ) from None


def label_of(kept: bytes) -> Label | None:
    """What is written on the outside of kept bytes, unchecked; None when nothing is."""
    try:
        outside = _outside(kept)
        return Label(str(outside.get("name", "")), str(outside.get("platform", "")), str(outside.get("key", "")))
    except ValueError:
        return None


def _outside(kept: bytes) -> dict[str, Any]:
    outside = json.loads(kept)
    if not isinstance(outside, dict) or outside.get("version", 1) != 1:
        raise ValueError("not a version we know")
    return outside


def _bound(label: Mapping[str, Any]) -> bytes:
    return json.dumps([label[key] for key in _BOUND]).encode()
