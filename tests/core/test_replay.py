"""Replay: recorded words become values."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.events import Event, EventKind
from worker.core.history import (
    Advance,
    Approval,
    Baseline,
    Contacted,
    History,
    MessageKind,
    MessageState,
    PassedBy,
    PastMessage,
    PastTask,
    Waited,
)
from worker.core.replay import advance_data, advance_of, looked_at, replay, utc_day
from worker.core.settings import Dispute, Hold, Promise

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
TODAY = date(2026, 3, 2)
ADVANCE = Advance("i-1", 1, "call", Decimal("250.10"), "GBP", date(2026, 2, 27), True)


def said(*events: tuple[EventKind, str, Mapping[str, Any]]) -> History:
    """The history of these events, a day apart from the 2nd of March on."""
    return replay(
        (),
        [Event(k, AT + timedelta(days=n), subject, "o", data, id=n + 1) for n, (k, subject, data) in enumerate(events)],
    )


def test_nothing_recorded_is_an_empty_history() -> None:
    assert replay((), ()) == History()


def test_holds_add_up_and_a_release_ends_those_it_names() -> None:
    holds = (
        (EventKind.HOLD, "c-1", {"why": "in talks", "until": "2026-04-01"}),
        (EventKind.HOLD, "c-1", {"why": "wrong amount", "invoice": "i-1"}),
        (EventKind.HOLD, "c-2", {"why": "family"}),
    )
    assert said(*holds).holds == (
        Hold("c-1", "in talks", date(2026, 4, 1), "", "recorded 2026-03-02 by o"),
        Hold("c-1", "wrong amount", None, "i-1", "recorded 2026-03-03 by o"),
        Hold("c-2", "family", None, "", "recorded 2026-03-04 by o"),
    )
    assert [h.why for h in said(*holds, (EventKind.RELEASE, "c-1", {"invoice": "i-1"})).holds] == ["in talks", "family"]
    assert [h.why for h in said(*holds, (EventKind.RELEASE, "c-1", {})).holds] == ["family"]
    again = said(*holds, (EventKind.RELEASE, "c-2", {}), (EventKind.HOLD, "c-2", {"why": "still"}))
    assert [h.why for h in again.holds] == ["in talks", "wrong amount", "still"]


def test_promises_are_all_kept() -> None:
    history = said(
        (EventKind.PROMISE, "c-1", {"by": "2026-03-20", "invoices": ["i-1"], "by_client": True}),
        (EventKind.PROMISE, "c-1", {"by": "2026-04-20", "by_client": False}),
    )
    assert history.promises == (
        Promise("c-1", date(2026, 3, 20), TODAY, ("i-1",), True),
        Promise("c-1", date(2026, 4, 20), date(2026, 3, 3), (), False),
    )


def test_settling_ends_the_named_part_of_a_dispute() -> None:
    about = {"reason": "short delivery", "invoices": ["i-1", "i-2"], "owner": "Ann", "review": "2026-03-30"}
    dispute, whole = (EventKind.DISPUTE, "c-1", about), (EventKind.DISPUTE, "c-1", {"reason": "everything"})
    full = Dispute("c-1", "short delivery", ("i-1", "i-2"), "Ann", date(2026, 3, 30))
    rest = Dispute("c-1", "short delivery", ("i-2",), "Ann", date(2026, 3, 30))
    everything = Dispute("c-1", "everything")
    one = (EventKind.SETTLE, "c-1", {"invoices": ["i-1"]})
    both = (EventKind.SETTLE, "c-1", {"invoices": ["i-1", "i-2"]})
    assert said(dispute, whole).disputes == (full, everything)
    assert said(dispute, whole, one).disputes == (rest, everything)
    assert said(dispute, whole, both).disputes == (everything,)
    assert said(dispute, whole, (EventKind.SETTLE, "c-1", {})).disputes == ()
    assert said(dispute, (EventKind.SETTLE, "c-2", {})).disputes == (full,)


def test_a_promise_is_taken_back_for_its_invoices_or_as_a_whole() -> None:
    both = (EventKind.PROMISE, "c-1", {"by": "2026-03-20", "invoices": ["i-1", "i-2"]})
    whole = (EventKind.PROMISE, "c-1", {"by": "2026-03-27"})

    def left(*events: tuple[EventKind, str, dict[str, object]]) -> list[tuple[str, ...]]:
        return [p.invoice_ids for p in said(both, whole, *events).promises]

    assert left((EventKind.PROMISE_OFF, "c-1", {"invoices": ["i-1"]})) == [("i-2",), ()]
    assert left((EventKind.PROMISE_OFF, "c-1", {"invoices": ["i-1", "i-2"]})) == [()]
    assert left((EventKind.PROMISE_OFF, "c-1", {})) == []
    assert left((EventKind.PROMISE_OFF, "c-2", {})) == [("i-1", "i-2"), ()]


def test_a_logged_contact_has_its_own_day() -> None:
    history = said(
        (EventKind.LOG, "c-1", {"what": "rang", "on": "2026-02-20", "invoices": ["i-1"]}), (EventKind.LOG, "c-1", {})
    )
    assert history.contacts == (
        Contacted("c-1", date(2026, 2, 20), "rang", ("i-1",)),
        Contacted("c-1", date(2026, 3, 3), ""),
    )


TASK = (
    EventKind.TASK,
    "t-1",
    {"payer": "c-1", "kind": "phone", "step": "call", "advances": [advance_data(ADVANCE)], "why": "x"},
)
OPEN = PastTask("t-1", "c-1", "phone", TODAY, "call", (ADVANCE,), why="x")


def test_a_task_opens_once_and_closes_with_an_outcome() -> None:
    assert said(TASK, TASK).tasks == (OPEN,)
    (done,) = said(TASK, (EventKind.DONE, "t-1", {"outcome": "reached"})).tasks
    assert (done.outcome, done.done, done.attempts, done.is_open) == ("reached", date(2026, 3, 3), 1, False)
    assert said((EventKind.DONE, "t-1", {"outcome": "reached"})).tasks == ()


def test_no_answer_brings_a_task_back() -> None:
    quiet = (EventKind.DONE, "t-1", {"outcome": "no-answer", "again": "2026-03-05"})
    (task,) = said(TASK, quiet, quiet).tasks
    assert (task.is_open, task.again, task.attempts, task.outcome) == (True, date(2026, 3, 5), 2, "no-answer")
    (task,) = said(TASK, quiet, (EventKind.DONE, "t-1", {"outcome": "no-answer"})).tasks
    assert (task.is_open, task.again, task.attempts) == (False, None, 2)


def test_a_task_that_was_done_can_be_opened_afresh() -> None:
    (task,) = said(TASK, (EventKind.DONE, "t-1", {"outcome": "reached"}), TASK).tasks
    assert (task.is_open, task.opened, task.outcome, task.attempts) == (True, date(2026, 3, 4), "", 0)


PROPOSED = (EventKind.PROPOSED, "a-1", {"kind": "step", "names": ["i-1"], "amounts": {"i-1": "10.00"}, "sentence": "?"})


def test_a_yes_covers_what_was_proposed_and_is_used_once() -> None:
    assert said(PROPOSED).approvals == ()
    yes = Approval("a-1", "step", True, date(2026, 3, 3), ("i-1",), 0, False, {"i-1": "10.00"})
    assert said(PROPOSED, (EventKind.APPROVE, "a-1", {})).approvals == (yes,)
    used = said(PROPOSED, (EventKind.APPROVE, "a-1", {}), (EventKind.USED, "a-1", {}), (EventKind.APPROVE, "a-1", {}))
    assert used.approvals[0].used
    assert [a.given for a in said(PROPOSED, (EventKind.REJECT, "a-1", {"why": "no"})).rejected] == [False]
    changed = said(PROPOSED, (EventKind.APPROVE, "a-1", {}), (EventKind.REJECT, "a-1", {})).rejected
    assert [a.given for a in changed] == [False]
    limited = said((EventKind.APPROVE, "a-2", {"kind": "surprise", "names": ["c-1"], "limit": 12})).approvals
    assert limited == (Approval("a-2", "surprise", True, TODAY, ("c-1",), 12),)


def test_the_use_of_an_approval_from_the_config_is_remembered() -> None:
    assert said((EventKind.USED, "a-9", {})).approvals == (Approval("a-9", "", True, TODAY, used=True),)


def test_the_rest() -> None:
    history = said(
        (EventKind.BASELINE, "", {"identity": "old", "backlog": "chase"}),
        (EventKind.BASELINE, "", {"identity": "mail@example.com", "backlog": "leave"}),
        (EventKind.RECONCILED, "", {"on": "2026-02-28"}),
        (EventKind.PASSED, "i-1", {"round": 0, "step": "call", "on": "2026-03-01"}),
        (EventKind.PASSED, "i-1", {"round": 0, "step": "call", "on": "2026-03-09"}),
        (EventKind.WAITED, "i-1", {"round": 0, "step": "nudge", "until": "2026-03-25"}),
        (EventKind.REOPENED_OK, "i-1", {"round": 1}),
        (EventKind.ADDRESS_OK, "c-1", {"email": "new@example.org"}),
        (EventKind.FORECAST, "", {"days": {"2026-03-03": 4}}),
        (EventKind.SWEEP, "s-1", {"state": "finished"}),
        (EventKind.NOTE, "i-1", {"text": "x"}),
        (EventKind.SKIPPED, "", {"what": "x"}),
    )
    assert history == History(
        baseline=Baseline(date(2026, 3, 3), "mail@example.com", "leave"),
        reconciled=date(2026, 2, 28),
        passed=(PassedBy("i-1", 0, "call", date(2026, 3, 1)),),
        waited=(Waited("i-1", 0, "nudge", date(2026, 3, 25)),),
        reopened_looked_at=frozenset({looked_at("i-1", 1)}),
        confirmed_addresses={"c-1": "new@example.org"},
        forecast={"2026-03-03": 4},
    )


def test_the_last_message_that_went_tells_a_payers_address() -> None:
    def message(key: str, state: MessageState, to: str) -> PastMessage:
        return PastMessage(key, MessageKind.REMINDER, "c-1", state, TODAY, to=(to,))

    messages = (
        message("a", MessageState.DELIVERED, "first@example.com"),
        message("b", MessageState.UNCERTAIN, "second@example.com"),
        message("c", MessageState.CANCELLED, "third@example.com"),
        message("d", MessageState.RESOLVED_NOT_SENT, "fourth@example.com"),
    )
    history = replay(iter(messages), iter(()), {"p-1": AT})
    assert history.messages == messages
    assert history.addresses == {"c-1": "second@example.com"}
    assert history.first_seen == {"p-1": AT}


def test_days_are_local() -> None:
    late = Event(EventKind.LOG, datetime(2026, 3, 2, 23, 30, tzinfo=UTC), "c-1")
    tomorrow = replay((), [late], local=lambda at: (at + timedelta(hours=1)).date())
    assert tomorrow.contacts[0].on == date(2026, 3, 3)
    assert utc_day(late.at) == TODAY


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (EventKind.PROMISE, {}),
        (EventKind.PROMISE, {"by": "friday"}),
        (EventKind.TASK, {"advances": [{"step": "x"}]}),
        (EventKind.FORECAST, {"days": None}),
        (EventKind.PASSED, {"round": 0}),
    ],
)
def test_an_unreadable_event_is_named(kind: EventKind, data: Mapping[str, Any]) -> None:
    with pytest.raises(ValueError, match=rf"event 1 \({kind}\) cannot be read"):
        said((kind, "x", data))


@given(
    st.builds(
        Advance,
        st.text(min_size=1),
        st.integers(0, 9),
        st.text(),
        st.decimals(allow_nan=False, allow_infinity=False),
        st.sampled_from(["", "GBP"]),
        st.none() | st.dates(),
        st.booleans(),
    )
)
def test_an_advance_survives_being_recorded(advance: Advance) -> None:
    assert advance_of(advance_data(advance)) == advance
