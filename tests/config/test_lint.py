"""What the linter warns of: allowed, and unwise."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.config.helpers import practice
from tests.strategies_message import TODAY
from worker.config.policies import presets
from worker.core.invariants import refuse_threats
from worker.core.message import InvoiceLine, MessageModel
from worker.core.money import Money
from worker.core.settings import Signature
from worker.core.threats import threats, threats_in_letter
from worker.wording.check import check_templates

ONE = "organisations: {harbour: {books: {kind: sandbox}, policy: ours}}\n"


@pytest.mark.parametrize("name", sorted(presets()))
def test_no_preset_gives_cause_for_a_warning(tmp_path: Path, name: str) -> None:
    made = practice(tmp_path, f"organisations: {{harbour: {{books: {{kind: sandbox}}, policy: {name}}}}}\n")
    assert made.warnings == ()


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("at most: 9 a month", "allows 9 messages in 30 days"),
        ("gap: 1 day\n    again: 1 day", "leaves 1 day between two messages"),
        ("window: {days: mon-sun}", "writes on weekends or public holidays"),
        ("window: {holidays: none}", "writes on weekends or public holidays"),
    ],
)
def test_a_policy_is_warned_of(tmp_path: Path, body: str, found: str) -> None:
    made = practice(tmp_path, f"policies:\n  ours:\n    extends: considerate\n    {body}\n{ONE}")
    assert [w.place for w in made.warnings] == ["config.yaml:3"]
    assert found in made.warnings[0].found
    assert made.warnings[0].expected


def test_taking_over_without_a_date_and_charges_for_nobody_knows_whom(tmp_path: Path) -> None:
    text = "organisations:\n  harbour:\n    books: {kind: sandbox}\n    late payment: {interest: yes}\n    clients:\n"
    made = practice(tmp_path, text + "      - {client: c1, already at: nudge}\n")
    assert [w.found for w in made.warnings] == [
        "late payment: nothing will be shown, as nobody says what kind of debtor they are",
        'already at: "nudge", but nobody says when',
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We will see you in Court.", ("court",)),
        ("This harms your credit rating", ("credit rating",)),
        ("Wir geben das an ein Inkassob\u00fcro", ("inkassob\u00fcro",)),
        ("Nous saisirons le tribunal", ("tribunal",)),
        ("sin embargo, le rogamos", ()),
        ("Please pay by Friday; a courteous reply helps", ()),
    ],
)
def test_words_that_threaten(text: str, found: tuple[str, ...]) -> None:
    assert threats(text) == found


def model(**more: object) -> MessageModel:
    money = Money(Decimal(5), "GBP")
    line = InvoiceLine("INV-1", "Court case 7", TODAY, TODAY, "Solicitor's sign", money, money, False, 0)
    made = MessageModel("nudge", "en", "Court & Sons", "Bailiff Bakery", "Sue", Signature("Ada", "a@example.com"))
    return replace(made, overdue=(line,), **more)  # type: ignore[arg-type]


def test_what_a_client_is_called_is_no_threat() -> None:
    said = "Hello Sue, Court & Sons here about INV-1, Court case 7, Solicitor's sign, for Bailiff Bakery"
    assert threats_in_letter(said, model()) == ()
    assert threats_in_letter(said + ". Or we sue", model(greeting="Jo"))[-1] == "sue"
    assert threats_in_letter("We go to court", model(why_it_matters="We go to court")) == ("court",)


def test_the_gate_refuses_a_letter_that_threatens_unless_it_is_an_approved_final_notice() -> None:
    from tests.core.build import as_of, books, client_settings, invoice, ladder, settings
    from worker.core.decide import decide
    from worker.core.decisions import Remind
    from worker.core.history import History
    from worker.core.policy import Stage

    chosen = client_settings(policy=ladder("1 day after due"))
    plan = decide(books(invoice()), settings(chosen), History(), as_of("2026-04-02"))
    (remind,) = (d for d in plan.decisions if isinstance(d, Remind))
    refuse_threats(remind, "When will it be paid?")
    with pytest.raises(ValueError, match="threatens"):
        refuse_threats(remind, "Pay or we go to court")
    refuse_threats(replace(remind, stage=Stage.FINAL, approval="step-1"), "We go to court")


def test_a_wording_file_that_threatens_fails_check(tmp_path: Path) -> None:
    folder = tmp_path / "en"
    folder.mkdir()
    head = "---\nsubject: Invoices from {{ organisation }}\nstage: STAGE\npurpose: A test.\n---\nWe go to court.\n"
    (folder / "soft.md").write_text(head.replace("STAGE", "after due"), "utf-8")
    (folder / "hard.md").write_text(head.replace("STAGE", "final"), "utf-8")
    assert [p.found for p in check_templates([tmp_path])] == ['"court" threatens']
