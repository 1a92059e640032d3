"""A grant as bytes and back. Instants are ISO 8601 in UTC; a file that an earlier duecourse wrote reads the same."""

import json
from datetime import datetime
from typing import Any

from worker.core.grant import Grant, GrantState, Intent
from worker.core.secret import Secret

_INSTANTS = ("consented", "refreshed", "ends")


def encode(grant: Grant) -> bytes:
    """The grant with its secrets in clear: for sealing, and for nothing else."""
    kept: dict[str, Any] = {
        "refresh": grant.refresh.reveal(),
        "access": grant.access.reveal(),
        "expires": grant.expires.isoformat(),
        "previous": grant.previous.reveal(),
        "generation": grant.generation,
        "platform": grant.platform,
        "client_id": grant.client_id,
        "tenants": grant.tenants,
        "state": grant.state,
        "why": grant.why,
    }
    kept |= {key: at.isoformat() if (at := getattr(grant, key)) else None for key in _INSTANTS}
    if grant.intent is not None:
        kept["intent"] = {"token": grant.intent.token, "since": grant.intent.since.isoformat()}
    return json.dumps(kept).encode()


def decode(text: bytes) -> Grant:
    """The grant in these bytes. Raises ValueError, KeyError or TypeError when they hold none."""
    kept = json.loads(text)
    refresh, access, previous = (kept[key] for key in ("refresh", "access", "previous"))
    if not all(isinstance(part, str) for part in (refresh, access, previous)):
        raise TypeError("a token is text")
    intent = kept.get("intent")
    return Grant(
        refresh=Secret(refresh),
        access=Secret(access),
        expires=datetime.fromisoformat(kept["expires"]),
        previous=Secret(previous),
        generation=int(kept["generation"]),
        platform=str(kept.get("platform", "")),
        client_id=str(kept.get("client_id", "")),
        tenants=tuple((str(i), str(name)) for i, name in kept.get("tenants", ())),
        state=GrantState(kept.get("state", GrantState.GOOD)),
        why=str(kept.get("why", "")),
        intent=Intent(intent["token"], datetime.fromisoformat(intent["since"])) if intent else None,
        **{key: datetime.fromisoformat(at) if (at := kept.get(key)) else None for key in _INSTANTS},
    )
