"""What is held or left out, by payer and reason, with the day on which it began."""

import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from worker.core.attention.item import Act, Item, Read, Section
from worker.core.attention.words import NOTHING, TOGETHER, section_of
from worker.core.decisions import Bucket, Plan, Standing
from worker.core.money import Money, totals
from worker.core.plain import one_line
from worker.core.words import counted

NOBODY = (Bucket.HELD, Bucket.EXCLUDED)


def held_key(standing: Standing) -> str:
    """What is held, whoever says so: the payer and the reason; the reason alone where it concerns everybody."""
    who = "" if standing.reason.code in TOGETHER else standing.payer_id
    return f"{standing.reason.code}|{who}"


def held_keys(plan: Plan) -> frozenset[str]:
    """Everything a plan holds or leaves out."""
    return frozenset(held_key(s) for s in plan.standings if s.bucket in NOBODY)


def held_since(changes: Iterable[Mapping[str, object]]) -> dict[str, date]:
    """The first day of all that is held now, from the recorded changes, oldest first: `on`, `began` and `ended`."""
    since: dict[str, date] = {}
    for change in changes:
        on = date.fromisoformat(str(change["on"]))
        for key in _texts(change.get("ended")):
            since.pop(key, None)
        for key in _texts(change.get("began")):
            since.setdefault(key, on)
    return since


def _texts(found: object) -> list[str]:
    return [str(each) for each in found] if isinstance(found, list | tuple) else []


def held(read: Read) -> Iterator[Item]:
    """An item for each payer and reason; those with a task, a proposal or a reply of their own are listed there."""
    spoken = {(t.payer_id, t.reason.code) for t in read.result.tasks}
    groups: dict[str, list[Standing]] = defaultdict(list)
    for standing in read.plan.standings:
        if standing.bucket in NOBODY and (standing.payer_id, standing.reason.code) not in spoken:
            groups[held_key(standing)].append(standing)
    for key, found in groups.items():
        since = read.since.get(key)
        section = section_of(found[0].reason.code, new=since is None or _is_new(read, since))
        if section is not None:
            yield _item(read, found, since, section)


def _is_new(read: Read, since: date) -> bool:
    return since >= (read.before.date() if read.before else read.day)


def _item(read: Read, found: list[Standing], since: date | None, section: Section) -> Item:
    first = found[0]
    code, amounts = first.reason.code, totals(Money(s.amount, s.currency) for s in found)
    whole = code in TOGETHER
    sentence = one_line(first.reason.sentence)
    if whole:
        clients = len({s.payer_id for s in found})
        sentence = f"{counted(len(found), 'invoice')} of {counted(clients, 'client')}: {sentence}"
    who = "" if whole else first.payer_id
    name = read.client(who) if who else ""
    command, acts = _way_out(code, read, name)
    return Item(
        section,
        code,
        read.name,
        sentence,
        who,
        name,
        since or read.day,
        NOTHING if first.bucket is Bucket.HELD else "It stays left out.",
        command,
        first.reason.place,
        subject=who,
        acts=acts,
        amounts=amounts,
    )


def _way_out(code: str, read: Read, name: str) -> tuple[str, tuple[Act, ...]]:
    who = f"{shlex.quote(name)} --org {read.name}"
    if code == "hold":
        return f"duecourse release {who}", (Act.HOLD,)
    if code == "dispute":
        return f"duecourse dispute {who} --over", ()
    if code == "stale-books":
        return f"duecourse reconciled {read.name}", (Act.DONE,)
    return (f"duecourse explain {who}", (Act.HOLD,)) if name else ("", ())
