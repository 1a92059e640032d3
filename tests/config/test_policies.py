"""Presets, extending, and conditions."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.config.helpers import practice
from worker.config.policies import preset_names, presets, shipped_templates
from worker.core.policy import Condition, HolidaysOf, Measure, Policy, Stage, ThankFor
from worker.core.policy import Test as Ask
from worker.core.when import Anchor, parse_when

ONE = "organisations: {harbour: {books: {kind: sandbox}, policy: ours}}\n"


def ours(folder: Path, body: str) -> Policy:
    """The policy called ours, with this body."""
    text = "policies:\n  ours:\n" + "".join(f"    {line}\n" for line in body.strip().splitlines())
    return practice(folder, text + ONE).organisations[0].policies["ours"]


def names(policy: Policy) -> list[str]:
    return [s.name for s in policy.ladder]


@pytest.mark.parametrize("name", [n for n in preset_names() if n != "base"])
def test_every_preset_is_complete(name: str) -> None:
    policy = presets()[name]
    assert policy.description
    assert policy.ladder
    assert policy.ladder[-1].task or policy.ladder[-1].stage is Stage.FINAL
    assert {s.message for s in policy.ladder if s.message} <= shipped_templates()
    assert all(s.place.startswith(f"preset {name}.yaml:") for s in policy.ladder)
    assert not any(s.when.needs(Anchor.PREVIOUS) for s in policy.ladder[:1])


def test_considerate_is_the_ladder_the_design_prints() -> None:
    policy = presets()["considerate"]
    assert [(s.name, s.stage, s.when.words()) for s in policy.ladder] == [
        ("heads-up", Stage.BEFORE, "2 business days before cut-off"),
        ("nudge", Stage.AFTER, "3 business days after payment run"),
        ("ask", Stage.AFTER, "10 business days after previous, not before 14 days after due"),
        ("call", Stage.AFTER, "5 business days after previous, not before 25 days after due"),
        ("firm", Stage.AFTER, "7 days after previous"),
        ("offer-plan", Stage.AFTER, "5 business days after previous"),
        ("final-notice", Stage.FINAL, "10 days after previous, not before 45 days after due"),
        ("decide", Stage.AFTER, "14 days after previous"),
    ]
    nudge = policy.ladder[1]
    assert (nudge.message, nudge.message_if_run_stated) == ("nudge", "missed-run")
    assert nudge.when_unknown == parse_when("4 business days after due")
    assert [s.name for s in policy.ladder if s.approval] == ["offer-plan", "final-notice"]
    assert [(s.name, s.allow) for s in policy.ladder if s.allow] == [
        *(("firm", 7), ("offer-plan", 7), ("final-notice", 14))
    ]
    assert [(s.name, s.task) for s in policy.ladder if s.task] == [("call", "phone"), ("decide", "decide")]
    assert policy.ladder[0].condition == Condition(
        (
            Ask(Measure.FIRST_INVOICE, "=", "yes"),
            Ask(Measure.MISSED_RUNS, ">=", Decimal(1), 6),
            Ask(Measure.BALANCE, ">", Decimal(5000)),
        ),
        any_=True,
    )
    assert (policy.patience, policy.patience_written, policy.confidence) == (7, 35, Decimal("0.7"))
    assert (policy.tolerance.amount, policy.tolerance.share) == (Decimal("5.00"), Decimal("0.01"))
    assert policy.window.holidays is HolidaysOf.CLIENT
    assert policy.gap.words() == "4 business days"
    assert (policy.thank_for, policy.thank_part_payments) == (ThankFor.CHASED, True)


def test_a_child_changes_only_what_it_says(tmp_path: Path) -> None:
    policy = ours(tmp_path, "extends: considerate\ngap: 6 business days\nsteps:\n  - {name: firm, allow: 10 days}")
    parent = presets()["considerate"]
    assert names(policy) == names(parent)
    firm, before = policy.step("firm"), parent.step("firm")
    assert firm is not None
    assert before is not None
    assert (firm.allow, firm.when, firm.place) == (10, before.when, "config.yaml:6")
    assert policy.gap.words() == "6 business days"
    assert policy.tolerance == parent.tolerance
    assert policy.step("ask") == parent.step("ask")


def test_parts_of_a_block_are_kept(tmp_path: Path) -> None:
    policy = ours(tmp_path, "extends: considerate\nwindow: {days: mon-thu}\ntolerance: 10\nthank: {for: all}")
    assert policy.window.days == frozenset(range(4))
    assert policy.window.opens.hour == 9
    assert (policy.tolerance.amount, policy.tolerance.share) == (Decimal(10), Decimal("0.01"))
    assert (policy.thank_for, policy.thank_part_payments) == (ThankFor.ALL, True)


@pytest.mark.parametrize(
    ("steps", "order"),
    [
        (["nudge", "+query"], ["heads-up", "nudge", "query", "ask", "firm", "final-notice", "decide"]),
        (["+query", "ask"], ["heads-up", "nudge", "query", "ask", "firm", "final-notice", "decide"]),
        (["ask", "nudge"], ["heads-up", "nudge", "ask", "firm", "final-notice", "decide"]),
        (
            ["heads-up", "ask", "nudge", "firm", "final-notice", "decide"],
            ["heads-up", "ask", "nudge", "firm", "final-notice", "decide"],
        ),
    ],
)
def test_new_steps_go_where_their_neighbours_are(tmp_path: Path, steps: list[str], order: list[str]) -> None:
    lines = [
        "  - {name: query, when: 7 days after due, message: ask}" if s == "+query" else f"  - name: {s}" for s in steps
    ]
    assert names(ours(tmp_path, "extends: standard\nsteps:\n" + "\n".join(lines))) == order


def test_steps_can_be_removed_and_renamed(tmp_path: Path) -> None:
    body = "extends: standard\nremove: [ask]\nsteps:\n  - {name: reminder, was: nudge, message: nudge}"
    policy = ours(tmp_path, body)
    assert names(policy) == ["heads-up", "reminder", "firm", "final-notice", "decide"]
    renamed = policy.step("nudge")
    assert renamed is not None
    assert (renamed.name, renamed.when.words()) == ("reminder", "5 days after due")


def test_a_task_can_take_the_place_of_a_message(tmp_path: Path) -> None:
    body = "extends: considerate\nsteps:\n  - {name: ask, task: phone}\n  - {name: call, message: ask}"
    policy = ours(tmp_path, body)
    ask, call = policy.step("ask"), policy.step("call")
    assert ask is not None
    assert call is not None
    assert (ask.task, ask.message) == ("phone", "")
    assert (call.task, call.message) == ("", "ask")


def test_a_condition_can_be_taken_away(tmp_path: Path) -> None:
    policy = ours(tmp_path, "extends: considerate\nsteps:\n  - {name: call, if: always}")
    call = policy.step("call")
    assert call is not None
    assert call.condition is None


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ('{balance: ">= 250.50"}', Condition((Ask(Measure.BALANCE, ">=", Decimal("250.50")),))),
        ("first invoice", Condition((Ask(Measure.FIRST_INVOICE, "=", "yes"),))),
        ("{first invoice: no}", Condition((Ask(Measure.FIRST_INVOICE, "=", "no"),))),
        ('{oldest: "> 30 days"}', Condition((Ask(Measure.OLDEST, ">", Decimal(30)),))),
        ("{invoices: 3}", Condition((Ask(Measure.INVOICES, "=", Decimal(3)),))),
        ("{plans: offered}", Condition((Ask(Measure.PLANS, "=", "offered"),))),
        (
            "{currency: gbp, group: Agencies}",
            Condition((Ask(Measure.CURRENCY, "=", "GBP"), Ask(Measure.GROUP, "=", "Agencies"))),
        ),
        (
            '{all: [first invoice, {any: [{balance: "> 1"}, {invoices: "> 2"}]}]}',
            Condition(
                (
                    Ask(Measure.FIRST_INVOICE, "=", "yes"),
                    Condition((Ask(Measure.BALANCE, ">", Decimal(1)), Ask(Measure.INVOICES, ">", Decimal(2))), True),
                )
            ),
        ),
    ],
)
def test_conditions_read_as_they_are_written(tmp_path: Path, text: str, condition: Condition) -> None:
    policy = ours(tmp_path, f"extends: standard\nsteps:\n  - name: firm\n    if: {text}")
    firm = policy.step("firm")
    assert firm is not None
    assert firm.condition == condition


def test_a_file_may_extend_the_preset_whose_name_it_takes(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "considerate.yaml").write_text("extends: considerate\nremove: [call]\n")
    found = practice(tmp_path, "organisations: {harbour: {books: {kind: sandbox}}}")
    policy = found.organisations[0].policies["considerate"]
    assert "call" not in names(policy)
    assert policy.gap.words() == "4 business days"


def test_a_message_of_your_own_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "wording" / "en").mkdir(parents=True)
    (tmp_path / "wording" / "en" / "gentle-word.md").write_text("---\nsubject: x\n---\nHello\n")
    nudge = ours(tmp_path, "extends: standard\nsteps:\n  - {name: nudge, message: gentle-word}").step("nudge")
    assert nudge is not None
    assert nudge.message == "gentle-word"
