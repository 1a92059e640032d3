"""YAML as it is printed in the handbook: a whole file, or a piece that is put where its keys belong."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from worker.config.load import load
from worker.config.options import PracticeOptions
from worker.config.options_organisation import OrganisationOptions
from worker.config.options_policy import PolicyOptions
from worker.config.source import plain
from worker.errors import ConfigError

_MINIMAL = {
    "books": "books: {kind: sandbox}",
    "country": "country: GB",
    "sender": "sender: {name: Accounts, email: accounts@example.com}",
    "signature": "signature: {name: Accounts team, email: accounts@example.com}",
    "ways_to_pay": "ways to pay: [Bank transfer to the account on your invoice]",
    "reconciled": "reconciled: daily",
    "backlog": "backlog: chase",
}


def keys(text: str, depth: int = 0) -> list[str]:
    """The keys at one depth, as the loader compares them."""
    return [plain(k) for k in re.findall(rf"^ {{{depth}}}([^\s#\-][^:\n]*):", text, re.MULTILINE)]


def _known(model: type) -> set[str]:
    return {plain(f.alias or n) for n, f in model.model_fields.items()}


def configs_of(text: str) -> Iterator[dict[str, str]]:
    """The files of minimal configurations in which the piece stands where its keys can belong; none when nowhere."""
    mine = set(keys(text))
    if mine <= _known(OrganisationOptions):
        inner = "".join(f"    {line}\n" for line in text.splitlines())
        yield {"config.yaml": _completed(f"organisations:\n  harbour:\n{inner}")}
    if mine <= _known(PracticeOptions):
        yield {"config.yaml": with_organisation(text)}
    if mine <= _known(PolicyOptions):
        config = _completed("organisations:\n  harbour:\n    policy: piece\n")
        yield {"policies/piece.yaml": text, "config.yaml": config}


def with_organisation(text: str) -> str:
    """A config.yaml with what every organisation needs, and with one where it has none."""
    rest = "" if "organisations" in keys(text) else "organisations:\n  harbour:\n"
    return _completed(text.rstrip("\n") + "\n" + rest)


def _completed(text: str) -> str:
    """What an organisation needs, added where it is not written."""
    return "".join(_part(part) for part in re.split(r"(?<=\n)(?=  \w[\w-]*:\n)", text))


def _part(text: str) -> str:
    head, _, body = text.partition("\n")
    if not re.fullmatch(r"  \w[\w-]*:", head):
        return text
    there = set(keys(body, 4))
    return f"{head}\n" + "".join(f"    {v}\n" for k, v in _MINIMAL.items() if k not in there) + body


def loaded(folder: Path) -> None:
    """The configuration loads, whatever secrets it names. Raises AssertionError with every problem."""
    texts = "\n".join(p.read_text("utf-8") for p in folder.rglob("*.yaml"))
    names = re.findall(r"\{\s*env: (\w+)\s*\}", texts)
    try:
        load(folder, defaultdict(str, {n: SECRETS.get(n, "value") for n in names}))
    except ConfigError as error:
        raise AssertionError(str(error)) from None


SECRETS = {
    "DUECOURSE_LOGBOOK_URL": "postgresql://user:word@localhost/duecourse",
    "PING_URL": "https://ping.example.com/1",
    "DUECOURSE_ALERT_URL": "https://alerts.example.com/1",
}
"""What some names have to look like."""
