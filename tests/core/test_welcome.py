"""The welcome: a message for a payer's first invoice, once, before anything is due, and nobody gets it unasked."""

from dataclasses import replace
from pathlib import Path

import pytest

import policies
from tests.core.build import as_of, books, client, client_settings, considerate, invoice, payment, sent, settings, step
from worker.core.decide import decide
from worker.core.decisions import Remind
from worker.core.history import History
from worker.core.policy import Condition, Measure, Policy, Stage
from worker.core.policy import Test as Check
from worker.core.receivable import Snapshot

FIRST = invoice("A1", "2026-04-01", issued="2026-03-02")
NEXT = invoice("A2", "2026-04-02", issued="2026-03-03")


def welcoming() -> Policy:
    only_first = Condition((Check(Measure.FIRST_INVOICE, "=", "yes"),))
    first = step("welcome", "2 business days after issued", condition=only_first)
    plain = considerate()
    return replace(plain, steps=(replace(first, stage=Stage.BEFORE), *plain.steps))


def letters(snapshot: Snapshot, history: History, day: str = "2026-03-04") -> list[Remind]:
    people = [client_settings(policy=welcoming()), client_settings("branch", welcoming(), payer_id="acme")]
    plan = decide(snapshot, settings(*people), history, as_of(day))
    return [d for d in plan.decisions if isinstance(d, Remind)]


def test_a_first_invoice_is_welcomed_two_business_days_after_it_was_issued() -> None:
    assert letters(books(FIRST, read="2026-03-03"), History(), "2026-03-03") == []
    (letter,) = letters(books(FIRST, read="2026-03-04"), History())
    assert letter.step == "welcome"


def test_a_payer_is_welcomed_once_whatever_comes_after_and_whoever_it_pays_for() -> None:
    greeted = History(messages=(sent("2026-03-04", "welcome", "A1"),))
    assert letters(books(FIRST, NEXT, read="2026-03-05"), greeted, "2026-03-05") == []
    other = invoice("B1", "2026-04-20", issued="2026-03-10", client_id="branch")
    both = books(FIRST, other, clients=(client(), client("branch")), read="2026-03-13")
    assert [m.step for m in letters(both, greeted, "2026-03-13") if m.step == "welcome"] == []


def test_somebody_who_paid_before_is_no_new_client() -> None:
    old = payment("P0", invoice("A0"), "2026-01-05")
    found = letters(books(FIRST, payments=(old,), read="2026-03-04"), History())
    assert [m.step for m in found if m.step == "welcome"] == []


@pytest.mark.parametrize("preset", sorted(Path(policies.__file__).parent.glob("*.yaml")), ids=lambda p: p.stem)
def test_only_gentle_welcomes_by_itself(preset: Path) -> None:
    assert ("name: welcome" in preset.read_text(encoding="utf-8")) == (preset.stem == "gentle")
