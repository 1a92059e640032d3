"""What must be true of any story, judged by the far end's own record beside the logbook."""

from collections import Counter
from datetime import datetime, timedelta

from tests.scenarios.delivery.stage import Stage
from tests.scenarios.delivery.town import CLIENTS, TEN, address
from worker.core.history import MessageState

KNOWN_GONE = {"accepted", "uncertain", "resolved sent"}


SOON, DAY = timedelta(minutes=20), timedelta(days=1)
"""Twenty minutes on, leases and claims have run out."""


def until_quiet(stage: Stage, *afterwards: timedelta, start: datetime = TEN) -> None:
    """Fresh processes, each some time after `start`; leaves the clock there."""
    for after in afterwards or (SOON,):
        ended = stage.at(start + after).run()
        assert ended.status == 0, ended
        assert [r["skipped"] or r["broken"] for r in ended.results] == [""], ended


def until_quiet_all(stage: Stage, after: timedelta, start: datetime = TEN) -> None:
    """A fresh process over every organisation, some time after `start`."""
    ended = stage.at(start + after).run()
    assert ended.status == 0, ended
    assert not any(r["skipped"] or r["broken"] for r in ended.results), ended


def uncertain_of(stage: Stage) -> list[str]:
    """Keys a person must resolve."""
    return [key for key, state in stage.states().items() if state == "uncertain"]


def check(stage: Stage, *, uncertain: int) -> None:
    """Nothing twice, nothing lost, nothing unrecorded, and uncertain only where that is the truth."""
    mails, states = stage.mails(), stage.states()
    assert not [k for k, n in Counter(m.key for m in mails).items() if n > 1], "a key twice"
    assert not [a for a, n in Counter(m.to for m in mails).items() if n > 1], "an address twice"
    for mail in mails:
        assert any(k.startswith(mail.key) and s in KNOWN_GONE for k, s in states.items()), f"{mail} is not on record"
    unsure = uncertain_of(stage)
    assert len(unsure) == uncertain, states
    missing = {address(c) for c in CLIENTS} - {m.to for m in mails}
    known = {m.key for m in mails}
    assert len(missing) == len([k for k in unsure if k[:32] not in known]), f"lost: {missing}"
    assert "planned" not in states.values() and "handed" not in states.values(), states


def resolve(stage: Stage, key: str, *, sent: bool) -> None:
    """What a person says happened."""
    book = stage.logbook()
    state = MessageState.RESOLVED_SENT if sent else MessageState.RESOLVED_NOT_SENT
    book.settle("fern", key, state, datetime.fromisoformat(stage.clock.read_text(encoding="ascii")))
    book.close()
