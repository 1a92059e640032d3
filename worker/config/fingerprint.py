"""What a baseline approval is about: change it, and a person looks again before anything leaves."""

import hashlib
import json
from dataclasses import fields, is_dataclass
from typing import Any

from worker.config.mail import effective
from worker.config.values import OrganisationConfig


def fingerprint_of(organisation: OrganisationConfig) -> str:
    """Hash of the organisation, its mail identity, its policies and the choice about the backlog.

    Lines and files, holds, contacts and single clients' settings are left out: they restrain or redirect, and change
    every day.
    """
    written, practice = organisation.written, organisation.practice
    own = effective(practice.mail, written.mail).smtp if written.mail else None
    content: dict[str, Any] = {
        "organisation": [organisation.name, written.books.kind, getattr(written.books, "tenant", None)],
        "mail": [practice.mail.mailer, _plain(written.sender and written.sender.model_dump(include={"name", "email"}))],
        "policies": {name: _plain(policy) for name, policy in sorted(organisation.policies.items())},
        "default": [practice.policy, written.policy, written.backlog],
        "invoices": [_plain(rule.model_dump()) for rule in written.invoices],
    }
    if own is not None:
        content["mailbox"] = [own.host, own.login, own.user]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    """JSON in one canonical order, without places."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value) if f.name not in {"place", "places"}}
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(str(v) for v in value)
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value if value is None or isinstance(value, bool | int) else str(value)
