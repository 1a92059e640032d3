"""No input crashes the language of policies, and every error says what to write instead.

Own seeded generator: broken and mended pieces of real policies, so that most inputs reach deep into the grammar. The
same seed gives the same inputs; a failure names its number.
"""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

import policies
from worker.config.conditions import ConditionText
from worker.config.kinds import EarlyText, PartText
from worker.config.options_policy import PolicyOptions
from worker.config.policies import Shelf, shipped_templates
from worker.config.source import parse_yaml
from worker.config.validate import validate
from worker.core.when import When, WhenProblem, parse_when
from worker.errors import ConfigError, Problem

PRESETS = [p.read_text("utf-8") for p in sorted(Path(policies.__file__).parent.glob("*.yaml"))]
TEMPLATES = shipped_templates()
WORDS = (
    *("on", "before", "after", "not before", "at latest", "the", "end of month of", "issued", "due", "cut-off", "run"),
    *(
        "payment run",
        "previous",
        "promised date",
        "instalment",
        "statement",
        "collection",
        "1st",
        "2nd",
        "0th",
        "third",
    ),
    *(
        "missed payment run",
        "day",
        "days",
        "business day",
        "week",
        "months",
        "fortnight",
        "3",
        "0",
        "-1",
        "999",
        "1000",
    ),
    *(",", ",,", "", " ", "\u0663", "\u00a0", "\x00", "1e9", "due due", "{", "%", "'", '"', "\u202e", "D\u00dcE"),
)
KEYS = (
    *("balance", "oldest", "invoices", "currency", "group", "first invoice", "missed runs in last 6", "plans", "usual"),
    *("paid late in last 6", "missed runs in last 0", "client since", "any", "all", "always", "otherwise", "GBP", ""),
)
VALUES = (
    '"> 250"',
    '">= 1"',
    "gbp",
    "> 1",
    '"< 6 months"',
    "yes",
    "offered",
    "{}",
    "[]",
    "null",
    "~",
    '"= -1"',
    '"> 1e5"',
)
Make = Callable[[random.Random], list[Problem]]


def a_when(rng: random.Random) -> list[Problem]:
    text = " ".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 9)))
    try:
        made = parse_when(text)
    except WhenProblem as problem:
        assert problem.expected
        return []
    assert isinstance(made, When)
    assert parse_when(made.words()) == made
    return []


def a_condition(rng: random.Random) -> list[Problem]:
    def some(depth: int) -> object:
        if depth > 5 or rng.random() < 0.3:
            return rng.choice((*KEYS, *VALUES, None, ""))
        if rng.random() < 0.3:
            return [some(depth + 1) for _ in range(rng.randrange(3))]
        return {rng.choice(KEYS): some(depth + 1) for _ in range(rng.randrange(1, 3))}

    try:
        TypeAdapter(ConditionText).validate_python(some(0))
    except ValidationError as error:
        assert all(e["ctx"]["expected"] for e in error.errors())
    return []


def a_value(rng: random.Random) -> list[Problem]:
    kind = rng.choice([EarlyText, PartText])
    pieces = ("2 %", "within", "10 days", "500.00", "on", "2026-03-31", "2026-02-30", "-1", "", "0 %", "100 %", "weeks")
    try:
        TypeAdapter(kind).validate_python(" ".join(rng.choice(pieces) for _ in range(rng.randrange(1, 5))))
    except ValidationError as error:
        assert all(e["ctx"]["expected"] for e in error.errors())
    return []


def a_policy(rng: random.Random) -> list[Problem]:
    """A preset with a few lines lost, doubled, swapped, cut, or with words from elsewhere."""
    lines = rng.choice(PRESETS).splitlines()
    for _ in range(rng.randrange(1, 6)):
        at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        match rng.randrange(6):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, lines[other])
            case 2:
                lines[at], lines[other] = lines[other], lines[at]
            case 3:
                cut = rng.randrange(len(lines[at]) + 1)
                lines[at] = lines[at][:cut] + rng.choice(("", ":", "- ", "[", "}", '"', "\t", "#", "&a", "!!x"))
            case 4:
                lines[at] = lines[at].partition(":")[0] + ": " + rng.choice((*VALUES, *WORDS, "no", "12:30"))
            case _:
                lines[at] = lines[at].replace(rng.choice(("after", "due", "steps", "name")), rng.choice(WORDS))
        lines = lines or ["x"]
    problems: list[Problem] = []
    try:
        made = validate(PolicyOptions, parse_yaml("\n".join(lines), "ours.yaml"), problems)
    except ConfigError as error:
        return error.problems
    if made is not None:
        Shelf({"ours": made}, None, TEMPLATES, problems).policy("ours", "config.yaml:1")
    return problems


MAKERS: tuple[Make, ...] = (a_when, a_condition, a_value, a_policy)


def fuzz(count: int, seed: int) -> int:
    """Runs `count` inputs; the number of problems that were told."""
    told = 0
    for n in range(count):
        rng = random.Random(f"{seed}-{n}")
        try:
            problems = MAKERS[n % len(MAKERS)](rng)
        except Exception as error:  # what is looked for
            pytest.fail(f"input {seed}-{n} crashed: {error!r}")
        for problem in problems:
            assert problem.expected or problem.todo, f"input {seed}-{n}: {problem.text()}"
            assert problem.place, f"input {seed}-{n}: {problem.text()}"
        told += len(problems)
    return told


def test_two_thousand_inputs() -> None:
    assert fuzz(2_000, 7) > 300


@pytest.mark.matrix
@pytest.mark.parametrize("seed", range(10))
def test_a_hundred_thousand_inputs(seed: int) -> None:
    assert fuzz(10_000, 100 + seed) > 1_500
