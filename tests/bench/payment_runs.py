"""Answer questions about payment runs and payment dates with the product's own inference, one JSON object a line.

    python tests/bench/payment_runs.py --country GB < questions.jsonl > answers.jsonl

A question names `id`, `asof`, `horizon` (days), `query` (an open invoice: `issued`, `due`; null when only the runs are
asked) and `history`: invoices with `issued`, `due` and `paid`, `paid` null while open, all dates ISO and none after
`asof`. The answer names `date` (a median, for cash), `likely` (the likeliest day), `runs` (the dates within the horizon
on which the client is expected to pay: every business day while no run is known), `confidence` (that the next payment
is on one of them), `label` (the likeliest rule, also where the product has too few payments to name one) and `why`, for
people.

`--country` is an ISO code, or several weekdays only when left out; `--region` a part of it. Nothing is learnt across
clients, nothing is remembered between questions, and the answer to one does not depend on the others.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # run as a file, from anywhere
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from worker.calendars import calendar_for
from worker.core.inference.answer import Cycle, infer
from worker.core.inference.evidence import Evidence, Settled, evidence_of
from worker.core.inference.forecast import expected
from worker.core.inference.rules import Candidate, Family, Library
from worker.core.inference.score import AfterInvoice
from worker.core.payment_run import DayOfMonth, Monthly, Roll, RunRule, Unit, Weekly

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PHASES_FROM = date(2009, 1, 1)
"""The label grammar counts fortnights and four weeks from the first such weekday on or after this day."""

FIRST, LAST = 2005, 2030

GUESSED = 1 / 3
"""The weight a rule needs, and *none* must not have, to be the label of a client with too few payments to name one."""


def main() -> None:
    """Read questions, write answers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--country", default=None)
    parser.add_argument("--region", default=None)
    chosen = parser.parse_args()
    calendar = calendar_for(chosen.country, chosen.region, years=range(FIRST, LAST + 1))
    library = Library(calendar, date(FIRST, 1, 1), date(LAST, 12, 31))
    for line in sys.stdin:
        if line.strip():
            print(json.dumps(answer(json.loads(line), library)))


def answer(question: dict[str, Any], library: Library) -> dict[str, Any]:
    """One question answered as of its own day."""
    asof = date.fromisoformat(question["asof"])
    evidence = evidence_of(_settled(question["history"]))
    cycle = infer(evidence, library, asof)
    given: dict[str, Any] = {"id": question["id"], "label": label(cycle), "why": cycle.why}
    runs = _runs(cycle, library, asof, question["horizon"])
    given |= {"confidence": round(cycle.confidence, 4) if runs else 0.0, "runs": runs}
    if question["query"]:
        given |= _dates(question, evidence, cycle, library, asof)
    return given


def _settled(history: list[dict[str, Any]]) -> Iterator[Settled]:
    for row in history:
        if row["paid"]:
            yield Settled(date.fromisoformat(row["paid"]), _day(row["issued"]), _day(row["due"]))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _runs(cycle: Cycle, library: Library, asof: date, horizon: int) -> list[str]:
    first, last = asof + timedelta(days=1), asof + timedelta(days=horizon)
    schedule = cycle.schedule(library.calendar)
    if schedule is None:
        start = library.number(first)
        return [d.isoformat() for d in library.dates(library.business & library.span(start, start + horizon - 1))]
    return [d.isoformat() for d in schedule.runs(first, last)]


def _dates(question: dict[str, Any], evidence: Evidence, cycle: Cycle, library: Library, asof: date) -> dict[str, str]:
    invoice = question["query"]
    first = asof + timedelta(days=1) if question["mode"] == "due" else asof
    found = expected(_day(invoice["issued"]), _day(invoice["due"]), evidence, cycle.found, library, first)
    return {"date": found.median.isoformat(), "likely": found.likely.isoformat()} if found else {}


def label(cycle: Cycle) -> str:
    """The likeliest rule, kinds that hang on the invoice among them, in the grammar of the synthetic set (weekly:wed,
    dom:25:next, lag:30), or "any" unless some rule is likelier than none.

    Of fewer payments than the product names a rule from, it takes a rule that stands out: at least a third for it alone
    and less than a third for none.
    """
    weights: dict[int, float] = {}
    for belief in cycle.found:
        weights[id(belief.rule)] = weights.get(id(belief.rule), 0.0) + belief.weight
    none = weights.pop(id(None), 0.0)
    best = max(weights, key=lambda rule: weights[rule], default=None)
    if best is None or none >= (0.5 if cycle.enough else GUESSED) or not (cycle.enough or weights[best] >= GUESSED):
        return "any"
    return _label(next(b.rule for b in cycle.found if b.rule and id(b.rule) == best))


def _label(rule: Candidate | AfterInvoice) -> str:
    if isinstance(rule, AfterInvoice):
        return f"{'lag' if rule.family is Family.AFTER_INVOICE else 'eom'}:{rule.days}"
    pattern = rule.rule.pattern
    return _weekly(pattern) if isinstance(pattern, Weekly) else _monthly(rule.rule, pattern)


def _weekly(pattern: Weekly) -> str:
    names = "+".join(WEEKDAYS[w] for w in pattern.weekdays)
    if pattern.every == 1:
        return f"{ {1: 'weekly', 2: 'twice'}.get(len(pattern.weekdays), 'weekdays') }:{names}"
    first = PHASES_FROM + timedelta(days=(pattern.weekdays[0] - PHASES_FROM.weekday()) % 7)
    phase = ((pattern.start or first) - first).days // 7 % pattern.every
    return f"{'fortnightly' if pattern.every == 2 else 'four-weekly'}:{names}:{phase}"


def _monthly(rule: RunRule, pattern: Monthly) -> str:
    first = pattern.days[0]
    if first.unit is Unit.BUSINESS_DAY:
        return f"bday:{first.nth}"
    if first.unit is not Unit.DAY:
        return f"nth:{_number(first)}:{WEEKDAYS[first.unit.value]}"
    days = "+".join(_number(d) for d in pattern.days)
    family = "dom" if len(pattern.days) == 1 else "semi"
    return f"{family}:{days}:{'prev' if rule.roll is Roll.PREVIOUS else 'next'}"


def _number(day: DayOfMonth) -> str:
    return "last" if day.nth == -1 else str(day.nth)


if __name__ == "__main__":
    main()
