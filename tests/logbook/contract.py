"""What every logbook must do. Subclass `LogbookContract` and give it a `logbook` fixture."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.logbook.mirror_contract import MirrorContract
from tests.logbook.values import (
    CREDIT,
    HOUR,
    INVOICE,
    MINUTE,
    NOW,
    ORG,
    PAYMENT,
    hand_off,
    letter,
    read,
    remind,
    thank,
)
from worker.core.events import Event, EventKind
from worker.core.history import Advance, MessageKind, MessageState
from worker.core.receivable import Organisation
from worker.core.usage import Used
from worker.errors import LogbookError
from worker.logbook import SqlLogbook
from worker.ports import Page

DAY = timedelta(days=1)


class UsageContract:
    """Calls and bytes, added up."""

    def test_a_day_adds_up_and_organisations_stay_apart(self, logbook: SqlLogbook) -> None:
        day, used = NOW.date(), {"reading": Used(7, 7, 1000), "token": Used(1, 1, 50), "pdf": Used()}
        logbook.add_usage(ORG, day, "xero", used)
        logbook.add_usage(ORG, day, "xero", {"reading": Used(3, 2, 500)})
        logbook.add_usage(ORG, day + DAY, "xero", {"reading": Used(1, 1, 3 << 40)})
        logbook.add_usage("other", day, "xero", used)
        assert [(r.purpose, r.used) for r in logbook.usage(ORG, day, day)] == [
            ("reading", Used(10, 9, 1500)),
            ("token", Used(1, 1, 50)),
        ]
        assert [r.used.size for r in logbook.usage(ORG, day + DAY, day + DAY)] == [3 << 40]
        assert logbook.usage(ORG, day - DAY, day - DAY) == ()


class MessageContract:
    """Plan, claim, hand off, settle, recover."""

    def test_from_plan_to_delivery(self, logbook: SqlLogbook) -> None:
        assert logbook.plan(ORG, "s-1", remind("i-1", "i-2"), NOW)
        (row,) = logbook.unfinished(ORG)
        assert (row.state, row.attempt, row.to) == (MessageState.PLANNED, 1, ("accounts@quay.example.com",))
        assert hand_off(logbook, row.key)
        assert logbook.unfinished(ORG) == ()
        for state in (MessageState.ACCEPTED, MessageState.DEFERRED, MessageState.DELIVERED):
            logbook.settle(ORG, row.key, state, NOW + MINUTE, provider_id="x-1")
        (done,) = logbook.messages(ORG, "c-1")
        assert (done.state, done.handed_at, done.settled_at) == (MessageState.DELIVERED, NOW, NOW + MINUTE)
        assert (done.provider_id, done.mailer, done.subject) == ("x-1", "outbox", "Invoice INV-001")
        assert (done.message_id, done.raw) == (f"{row.key}.1@example.com", f"{row.key} attempt 1".encode())
        assert logbook.messages(ORG)[0].raw == b""
        assert logbook.messages(ORG, "c-2") == ()

    def test_a_step_is_planned_once_however_it_is_grouped(self, logbook: SqlLogbook) -> None:
        assert logbook.plan(ORG, "s", remind("i-1", "i-2"), NOW)
        assert not logbook.plan(ORG, "s", remind("i-1", "i-2"), NOW)
        assert not logbook.plan(ORG, "s", remind("i-2", "i-3"), NOW)
        assert len(logbook.messages(ORG)) == 1
        assert logbook.plan(ORG, "s", remind("i-3"), NOW)
        assert logbook.plan(ORG, "s", remind("i-1", step="ask"), NOW)
        assert logbook.plan(ORG, "s", remind("i-1", round_=1), NOW)

    def test_a_payment_is_thanked_once_alone_or_in_a_reminder(self, logbook: SqlLogbook) -> None:
        other = replace(PAYMENT, id="p-2")
        assert logbook.plan(ORG, "s", thank(PAYMENT), NOW)
        assert not logbook.plan(ORG, "s", thank(PAYMENT, other), NOW)
        assert not logbook.plan(ORG, "s", remind("i-1", payments=(PAYMENT,)), NOW)
        assert logbook.plan(ORG, "s", remind("i-1", payments=(other,)), NOW)
        assert not logbook.plan(ORG, "s", thank(other), NOW)

    def test_one_claim_at_a_time(self, logbook: SqlLogbook) -> None:
        logbook.plan(ORG, "s", remind("i-1", key="k"), NOW)
        first = logbook.claim(ORG, "k", "a", NOW, MINUTE)
        assert first is not None
        assert logbook.claim(ORG, "k", "b", NOW, MINUTE) is None
        second = logbook.claim(ORG, "k", "b", NOW + MINUTE, MINUTE)
        assert second is not None
        assert second.epoch > first.epoch
        assert not logbook.hand(ORG, first, letter("k"), b"a", "outbox", NOW + MINUTE)
        assert logbook.hand(ORG, second, letter("k"), b"b", "outbox", NOW + MINUTE)
        assert logbook.claim(ORG, "k", "c", NOW + DAY, MINUTE) is None
        assert logbook.messages(ORG, "c-1")[0].raw == b"b"

    def test_who_was_overtaken_hands_nothing(self, logbook: SqlLogbook) -> None:
        logbook.plan(ORG, "s", remind("i-1", key="k"), NOW)
        assert logbook.lease(ORG, "slow", NOW, MINUTE)
        claim = logbook.claim(ORG, "k", "slow", NOW, HOUR)
        assert claim is not None
        assert logbook.lease(ORG, "quick", NOW + MINUTE, MINUTE)
        assert not logbook.hand(ORG, claim, letter("k"), b"", "outbox", NOW + MINUTE)
        assert logbook.messages(ORG)[0].state is MessageState.CLAIMED

    def test_a_claim_that_ran_out_hands_nothing(self, logbook: SqlLogbook) -> None:
        logbook.plan(ORG, "s", remind("i-1", key="k"), NOW)
        claim = logbook.claim(ORG, "k", "a", NOW, MINUTE)
        assert claim is not None
        assert not logbook.hand(ORG, claim, letter("k"), b"", "outbox", NOW + MINUTE)

    def test_there_is_nothing_to_claim(self, logbook: SqlLogbook) -> None:
        assert logbook.claim(ORG, "unknown", "a", NOW, MINUTE) is None
        with pytest.raises(LogbookError, match="no message has the key unknown"):
            logbook.settle(ORG, "unknown", MessageState.ACCEPTED, NOW)

    def test_a_refusal_that_was_read_allows_another_attempt(self, logbook: SqlLogbook) -> None:
        logbook.plan(ORG, "s", remind("i-1", key="k"), NOW)
        claim = logbook.claim(ORG, "k", "a", NOW, MINUTE)
        assert claim is not None
        assert logbook.hand(ORG, claim, letter("k"), b"one", "outbox", NOW)
        logbook.settle(ORG, "k", MessageState.PLANNED, NOW, detail="421 try later", claim=claim)
        again = logbook.claim(ORG, "k", "a", NOW, MINUTE)
        assert again is not None
        assert (again.key, again.attempt) == ("k", 2)
        assert logbook.hand(ORG, again, letter("k", 2), b"two", "outbox", NOW)
        assert logbook.messages(ORG, "c-1")[0].raw == b"two"

    def test_a_stranger_cannot_put_a_handed_message_back(self, logbook: SqlLogbook) -> None:
        logbook.plan(ORG, "s", remind("i-1", key="k"), NOW)
        lost = logbook.claim(ORG, "k", "slow", NOW, MINUTE)
        assert hand_off(logbook, "k", NOW + MINUTE)
        with pytest.raises(LogbookError, match="claimed again since"):
            logbook.settle(ORG, "k", MessageState.PLANNED, NOW + MINUTE, claim=lost)
        with pytest.raises(LogbookError, match="only who handed it off"):
            logbook.settle(ORG, "k", MessageState.PLANNED, NOW + MINUTE)
        assert logbook.messages(ORG)[0].state is MessageState.HANDED

    def test_uncertain_never_goes_back(self, logbook: SqlLogbook) -> None:
        logbook.plan(ORG, "s", remind("i-1", key="k"), NOW)
        hand_off(logbook, "k")
        logbook.settle(ORG, "k", MessageState.UNCERTAIN, NOW, detail="connection lost after DATA")
        for state in (MessageState.PLANNED, MessageState.CANCELLED, MessageState.EXPIRED, MessageState.HANDED):
            with pytest.raises(LogbookError, match="cannot become"):
                logbook.settle(ORG, "k", state, NOW)
        assert logbook.claim(ORG, "k", "a", NOW + DAY, MINUTE) is None
        assert not logbook.plan(ORG, "s", remind("i-1"), NOW)

    def test_saying_the_same_twice_changes_nothing(self, logbook: SqlLogbook) -> None:
        logbook.plan(ORG, "s", remind("i-1", key="k"), NOW)
        hand_off(logbook, "k")
        logbook.settle(ORG, "k", MessageState.ACCEPTED, NOW, provider_id="x")
        before = logbook.messages(ORG)
        logbook.settle(ORG, "k", MessageState.ACCEPTED, NOW + HOUR, provider_id="y")
        assert logbook.messages(ORG) == before

    @pytest.mark.parametrize("end", [MessageState.CANCELLED, MessageState.EXPIRED])
    def test_a_message_that_never_left_frees_its_step(self, logbook: SqlLogbook, end: MessageState) -> None:
        logbook.plan(ORG, "s", remind("i-1", "i-2", key="k"), NOW)
        logbook.settle(ORG, "k", end, NOW, detail="paid meanwhile")
        assert logbook.plan(ORG, "s", remind("i-1", "i-2", key="k"), NOW + DAY)
        assert [(m.key, m.attempt, m.state) for m in logbook.messages(ORG)] == [
            ("k", 1, end),
            ("k~2", 2, MessageState.PLANNED),
        ]
        assert not logbook.plan(ORG, "s", remind("i-2"), NOW)
        claim = logbook.claim(ORG, "k", "a", NOW + DAY, MINUTE)  # the decision's key means the newest generation
        assert claim is not None
        assert (claim.key, claim.attempt) == ("k~2", 2)
        assert logbook.hand(ORG, claim, letter(claim.key), b"", "outbox", NOW + DAY)
        logbook.settle(ORG, "k", MessageState.ACCEPTED, NOW + DAY)
        assert logbook.messages(ORG)[1].state is MessageState.ACCEPTED

    def test_resolved_not_sent_may_be_planned_again_and_counts_as_not_sent(self, logbook: SqlLogbook) -> None:
        logbook.plan(ORG, "s", remind("i-1", key="k"), NOW)
        hand_off(logbook, "k")
        assert logbook.recover(ORG, NOW + HOUR, HOUR) == ("k",)
        logbook.settle(ORG, "k", MessageState.RESOLVED_NOT_SENT, NOW + DAY, detail="the office looked")
        assert logbook.history(ORG).messages[0].state is MessageState.RESOLVED_NOT_SENT
        assert logbook.history(ORG).addresses == {}
        assert logbook.plan(ORG, "s", remind("i-1", key="k"), NOW + DAY)
        assert hand_off(logbook, "k", NOW + DAY)

    @pytest.mark.parametrize("end", [MessageState.ACCEPTED, MessageState.UNCERTAIN, MessageState.REJECTED])
    def test_what_was_handed_never_frees_its_step(self, logbook: SqlLogbook, end: MessageState) -> None:
        logbook.plan(ORG, "s", remind("i-1", key="k"), NOW)
        hand_off(logbook, "k")
        assert not logbook.plan(ORG, "s", remind("i-1"), NOW)
        logbook.settle(ORG, "k", end, NOW)
        assert not logbook.plan(ORG, "s", remind("i-1"), NOW)
        assert not logbook.plan(ORG, "s", remind("i-1", key="k"), NOW)

    def test_recover_puts_each_crash_where_it_belongs(self, logbook: SqlLogbook) -> None:
        for n in (1, 2, 3, 4):
            logbook.plan(ORG, "s", remind(f"i-{n}", key=f"k{n}"), NOW)
        logbook.claim(ORG, "k2", "dead", NOW, MINUTE)
        hand_off(logbook, "k3")
        hand_off(logbook, "k4", NOW + 10 * MINUTE)
        grace = 15 * MINUTE
        assert logbook.recover(ORG, NOW + 15 * MINUTE, grace) == ("k3",)
        assert logbook.recover(ORG, NOW + 15 * MINUTE, grace) == ()
        states = {m.key: m.state for m in logbook.messages(ORG)}
        assert states == {
            "k1": MessageState.PLANNED,
            "k2": MessageState.PLANNED,
            "k3": MessageState.UNCERTAIN,
            "k4": MessageState.HANDED,
        }
        logbook.settle(ORG, "k3", MessageState.ACCEPTED, NOW + HOUR, provider_id="found in the log")

    def test_a_message_without_child_rows_is_still_planned_once(self, logbook: SqlLogbook) -> None:
        assert logbook.plan(ORG, "s", remind(key="statement-2026-03"), NOW)
        assert not logbook.plan(ORG, "s", remind(key="statement-2026-03"), NOW)

    def test_history_shows_what_was_sent(self, logbook: SqlLogbook) -> None:
        read(logbook)
        read(logbook, now=NOW + HOUR, full=False, payments=(PAYMENT,))
        logbook.plan(ORG, "s", remind("i-1", payments=(PAYMENT,), key="k"), NOW)
        late = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
        hand_off(logbook, "k", late)
        (past,) = logbook.history(ORG).messages
        assert past.on == date(2026, 7, 2)  # the books say Europe/London
        assert logbook.history(ORG, "America/New_York").messages[0].on == date(2026, 7, 1)
        assert (past.kind, past.state, past.step) == (MessageKind.REMINDER, MessageState.HANDED, "nudge")
        assert past.after_due
        assert past.advances == (Advance("i-1", 0, "nudge", Decimal("12.50"), "GBP", date(2026, 2, 27)),)
        assert (past.listed, past.payment_ids, past.granted) == (("i-9",), ("p-1",), date(2026, 3, 9))
        assert past.mailer == "outbox"
        assert logbook.history(ORG).addresses == {"c-1": "accounts@quay.example.com"}
        assert logbook.history(ORG).first_seen == {"p-1": NOW + HOUR}


class RecordContract:
    """Events, leases, the instance, and keeping organisations apart."""

    def test_events_come_back_in_order_and_by_subject_or_kind(self, logbook: SqlLogbook) -> None:
        hold = Event(EventKind.HOLD, NOW, "c-1", "o@example.com", {"why": "in talks", "until": None})
        log = Event(EventKind.LOG, NOW - DAY, "c-1", data={"what": "rang", "invoices": ["i-1"]})
        other = Event(EventKind.LOG, NOW, "c-2", data={"what": "wrote: “à bientôt”"})
        logbook.record(ORG, hold, log)
        logbook.record(ORG, other)
        everything = logbook.events(ORG)
        assert [replace(e, id=0) for e in everything] == [hold, log, other]
        assert [e.id for e in everything] == sorted({e.id for e in everything})
        assert [e.kind for e in logbook.events(ORG, "c-1")] == [EventKind.HOLD, EventKind.LOG]
        assert [e.subject for e in logbook.events(ORG, kind=EventKind.LOG)] == ["c-1", "c-2"]
        assert [h.why for h in logbook.history(ORG).holds] == ["in talks"]

    def test_an_event_with_a_known_key_is_left_out(self, logbook: SqlLogbook) -> None:
        first = Event(EventKind.USED, NOW, "a-1", key="used-a-1")
        logbook.record(ORG, first)
        logbook.record(
            ORG, Event(EventKind.LOG, NOW, "c-1"), replace(first, by="again"), Event(EventKind.LOG, NOW, "c-1")
        )
        assert [(e.kind, e.by) for e in logbook.events(ORG)] == [
            (EventKind.USED, ""),
            (EventKind.LOG, ""),
            (EventKind.LOG, ""),
        ]
        logbook.record("other", first)
        assert len(logbook.events("other")) == 1

    def test_a_naive_instant_is_refused(self, logbook: SqlLogbook) -> None:
        with pytest.raises(ValueError, match="time zone"):
            logbook.record(ORG, Event(EventKind.LOG, datetime(2026, 3, 1)))

    def test_an_event_nobody_can_read_stops_the_organisation(self, logbook: SqlLogbook) -> None:
        logbook.record(ORG, Event(EventKind.PROMISE, NOW, "c-1", data={"by": "soon"}))
        with pytest.raises(LogbookError, match=r"event \d+ \(promise\) cannot be read"):
            logbook.history(ORG)

    def test_one_sweep_at_a_time(self, logbook: SqlLogbook) -> None:
        assert logbook.lease(ORG, "a", NOW, HOUR)
        assert not logbook.lease(ORG, "b", NOW + 59 * MINUTE, HOUR)
        assert logbook.lease(ORG, "a", NOW + 59 * MINUTE, HOUR)
        assert not logbook.lease(ORG, "b", NOW + HOUR, HOUR)
        assert logbook.lease("other", "b", NOW, HOUR)
        logbook.unlease(ORG, "b")
        assert not logbook.lease(ORG, "b", NOW + HOUR, HOUR)
        logbook.unlease(ORG, "a")
        assert logbook.lease(ORG, "b", NOW + HOUR, HOUR)
        assert logbook.lease(ORG, "c", NOW + 2 * HOUR, HOUR)

    def test_the_instance_has_one_id(self, logbook: SqlLogbook) -> None:
        first = logbook.instance_id()
        assert len(first) == 32
        assert logbook.instance_id() == first

    def test_organisations_never_see_each_other(self, logbook: SqlLogbook) -> None:
        twin = Organisation("t-2", "Ridge Bakery")
        read(logbook, invoices=(INVOICE,), payments=(PAYMENT,), credits=(CREDIT,))
        logbook.plan(ORG, "s", remind("i-1", key="k"), NOW)
        logbook.record(ORG, Event(EventKind.HOLD, NOW, "c-1", data={"why": "x"}))
        logbook.remember_link(ORG, "i-1", "https://pay.example.com/secret")
        assert logbook.snapshot("ridge") is None
        assert (logbook.messages("ridge"), logbook.events("ridge"), logbook.unfinished("ridge")) == ((), (), ())
        assert logbook.claim("ridge", "k", "a", NOW, MINUTE) is None
        assert logbook.recover("ridge", NOW + DAY, MINUTE) == ()
        with pytest.raises(LogbookError):
            logbook.settle("ridge", "k", MessageState.CANCELLED, NOW)
        with logbook.reading("ridge", NOW) as writer:
            writer.add(Page(organisation=twin, invoices=(replace(INVOICE, number="R-1"),), payments=(PAYMENT,)))
            snapshot = writer.finish("r1", full=True)
        assert (snapshot.organisation, snapshot.clients) == (twin, {})
        assert [(i.number, i.url) for i in snapshot.invoices] == [("R-1", "")]
        assert logbook.plan("ridge", "s", remind("i-1", key="k"), NOW)  # the same ids, another business
        logbook.resync("ridge")
        assert logbook.watermark(ORG) == "w1"
        mine = logbook.snapshot(ORG)
        assert mine is not None
        assert [i.number for i in mine.invoices] == ["INV-001"]
        assert logbook.history("ridge").holds == ()


class LogbookContract(UsageContract, MirrorContract, MessageContract, RecordContract):
    """All of it."""
