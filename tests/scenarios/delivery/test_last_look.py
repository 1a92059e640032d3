"""What changes between the reading and the hand-off: the gate sees it, and the letter is never written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest

from tests.scenarios.delivery.conftest import OpenStage
from tests.scenarios.delivery.stage import Stage
from tests.scenarios.delivery.town import CLIENTS, TEN, address, uid
from worker.app import STOP_FILE, App
from worker.core.events import Event, EventKind
from worker.core.results import SweepResult

Deed = Callable[[], None]


class Busy:
    """Books in which something happens right before each last look."""

    def __init__(self, inner: Any, before: Deed, after: Deed) -> None:
        self._inner, self._before, self._after = inner, before, after
        self.looks = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def look(self, *asked: Any) -> Any:
        self.looks += 1
        self._before()
        seen = self._inner.look(*asked)
        self._after()
        return seen


def nothing() -> None:
    """Nothing happens."""


def swept(stage: Stage, before: Deed = nothing, after: Deed = nothing) -> tuple[SweepResult, list[Busy]]:
    """One run with something happening around each look."""
    opened: list[Busy] = []

    class BusyApp(App):
        @contextmanager
        def books(self, organisation: Any) -> Iterator[Any]:
            with super().books(organisation) as books:
                opened.append(Busy(books, before, after))
                yield opened[-1]

    with stage.app(BusyApp) as app:
        (result,) = app.run(deliver=True)
    return result, opened


def event(stage: Stage, kind: str, thing: str = "", **data: object) -> Deed:
    """Something that will happen in the books, once."""
    pending = [{"kind": kind, "data": data, **({"id": thing} if thing else {})}]
    return lambda: stage.control("events", pending.pop()) if pending else None


def reached(stage: Stage) -> set[str]:
    return {m.to for m in stage.mails()}


def everybody_but(*clients: str) -> set[str]:
    return {address(c) for c in CLIENTS if c not in clients}


def test_paid_between_reading_and_hand_off(open_stage: OpenStage) -> None:
    stage = open_stage()
    result, _ = swept(stage, event(stage, "payment.add", invoice="INV-0001"))
    assert reached(stage) == everybody_but("aster")
    assert [d.payer_id for d in result.dropped] == [uid("aster")] and result.dropped[0].why


def test_settled_by_credit_is_neither_chased_nor_thanked(open_stage: OpenStage) -> None:
    stage = open_stage()
    note = {"contact": uid("aster"), "kind": "note", "number": "CN-0001", "total": "600.00", "date": "2026-03-10"}

    def credit() -> None:
        allocation = {"invoice": "INV-0001", "amount": "600.00", "allocation": uid("allocation")}
        stage.control("events", {"kind": "credit.add", "id": uid("CN-0001"), "data": note})
        stage.control("events", {"kind": "credit.allocate", "id": uid("CN-0001"), "data": allocation})

    once = [credit]
    swept(stage, lambda: once.pop()() if once else None)
    for hour in (12, 14):
        stage.at(TEN.replace(hour=hour)).sweep()
    assert reached(stage) == everybody_but("aster")


def test_a_changed_amount_is_worded_anew(open_stage: OpenStage) -> None:
    stage = open_stage()
    swept(stage, event(stage, "payment.add", invoice="INV-0001", amount="150.25"))
    (mail,) = [m for m in stage.mails() if m.to == address("aster")]
    assert "£449.75" in mail.text and "In total: £600.00" not in mail.text


def test_a_due_date_moved_away_drops_the_letter(open_stage: OpenStage) -> None:
    stage = open_stage()
    swept(stage, event(stage, "invoice.edit", uid("INV-0001"), due="2026-04-30"))
    assert reached(stage) == everybody_but("aster")


def test_a_payment_taken_back_is_not_thanked_for(open_stage: OpenStage) -> None:
    stage = open_stage()
    swept(stage, event(stage, "payment.delete", uid("payment-1")))
    assert reached(stage) == everybody_but("cedar")


def test_a_changed_address_is_the_one_written_to(open_stage: OpenStage) -> None:
    stage = open_stage()
    swept(stage, event(stage, "contact.edit", uid("aster"), email="payables@aster.example.org"))
    assert reached(stage) == everybody_but("aster") | {"payables@aster.example.org"}


def test_a_hold_in_the_config_counts_from_the_next_sweep(open_stage: OpenStage) -> None:
    stage = open_stage()
    stage.but(extra="    holds: [{client: Aster Ltd, why: we are fixing their order}]\n")
    stage.sweep()
    assert reached(stage) == everybody_but("aster")


def test_a_hold_recorded_during_the_sweep_counts_at_once_and_a_released_one_does_not(open_stage: OpenStage) -> None:
    stage = open_stage()

    def hold() -> None:
        with stage.app() as app:
            record = [Event(EventKind.HOLD, app.clock.now(), uid(c), "jo", {"why": "wait"}) for c in ("aster", "birch")]
            (name,) = [o.name for o in app.practice.organisations]
            app.logbook.record(name, *record, Event(EventKind.RELEASE, app.clock.now(), uid("birch"), "jo"))

    once = [hold]
    result, _ = swept(stage, lambda: once.pop()() if once else None)
    assert reached(stage) == everybody_but("aster")
    assert [d.payer_id for d in result.dropped] == [uid("aster")] and "put on hold" in result.dropped[0].why


def test_the_kill_switch_stops_before_the_next_hand_off(open_stage: OpenStage) -> None:
    stage = open_stage()
    stop = stage.folder / "state" / STOP_FILE
    result, _ = swept(stage, after=lambda: stop.write_text("wrong bank details", encoding="utf-8"))
    assert not stage.mails() and {d.why for d in result.dropped} == {"wrong bank details"}
    stop.unlink()
    stage.sweep()
    assert reached(stage) == everybody_but()


@pytest.mark.parametrize("seconds", [91.0, 121.0])
def test_a_look_that_grew_old_is_repeated(open_stage: OpenStage, seconds: float) -> None:
    """Each letter takes so long that the look is too old for the next one: look again, and again."""
    stage = open_stage()
    looks: list[float] = []

    class SlowApp(App):
        def mailer(self) -> Any:
            mailer, clock = super().mailer(), self.clock
            prepare = mailer.prepare

            def slowly(*args: Any) -> bytes:
                clock.sleep(seconds)
                return prepare(*args)

            mailer.prepare = slowly  # type: ignore[method-assign]
            return mailer

        @contextmanager
        def books(self, organisation: Any) -> Iterator[Any]:
            with super().books(organisation) as books:
                yield Busy(books, lambda: looks.append(self.clock.monotonic()), nothing)

    with stage.app(SlowApp) as app:
        (result,) = app.run(deliver=True)
    if seconds < 120:
        assert reached(stage) == everybody_but() and len(looks) == len(CLIENTS)
    else:  # no letter can be handed off within the life of its look: none is
        assert not stage.mails() and {s.outcome for s in result.sent} == {"not sent"}


def test_a_failed_look_stops_the_organisation(open_stage: OpenStage) -> None:
    stage = open_stage()
    broken = {"kind": "unavailable", "endpoint": "Invoices", "times": 0}
    result, _ = swept(stage, lambda: stage.control("faults", [broken]))
    assert not stage.mails() and "Xero" in result.broken
    assert date(2026, 3, 10) == (result.plan.as_of.day if result.plan else None)
