"""Are the simulated company's payment cycles, which are known, found again after a year of its payments?

    python tests/bench/sandbox_runs.py            # the table in the README

A client counts as recovered when a rule is named surely enough to be used, and at least nine in ten of the days it
gives for the year to come, Christmas apart, are the client's true runs, and the other way round. A rule too doubtful
to be used leaves a client open. The truth never reaches the inference: it sees payments only.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from pathlib import Path

if __name__ == "__main__":  # run as a file, from anywhere
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from connectors.sandbox.books import Books
from connectors.sandbox.company import DEFAULT_START, Company
from connectors.sandbox.rundays import Cycle as TrueCycle
from worker.app_sandbox import SANDBOX_CLIENTS, SANDBOX_INVOICES_A_MONTH, SANDBOX_SEED
from worker.calendars import calendar_for
from worker.core.inference.answer import Cycle, infer
from worker.core.inference.evidence import Settled, evidence_of
from worker.core.inference.rules import CHRISTMAS, Library
from worker.core.workdays import Calendar

YEAR = timedelta(days=365)
AGREES = 0.9
SURE = 0.7
"""The confidence below which the shipped policies show a learnt run but do not use it."""

FIRST, LAST = date(2025, 1, 1), date(2027, 12, 31)


def main() -> None:
    """Print the table."""
    print(table())


def table() -> str:
    """Markdown: a line a family, and one for the clients without a cycle."""
    counts = recovered(SANDBOX_SEED)
    lines = ["| true cycle | clients | recovered | another run used | left open |", "|---|---|---|---|---|"]
    families = sorted({family for family, _ in counts} - {"none"})
    for family in (*families, "none"):
        right, wrong, left = (counts[family, what] for what in ("recovered", "another", "open"))
        lines.append(f"| {family} | {right + wrong + left} | {right} | {wrong} | {left} |")
    return "\n".join(lines)


def recovered(seed: int) -> Counter[tuple[str, str]]:
    """How many clients of each true family were recovered, got another rule, or were left open."""
    day = DEFAULT_START + YEAR
    company = Company.simulate(
        seed, DEFAULT_START, day, clients=SANDBOX_CLIENTS, invoices_per_month=SANDBOX_INVOICES_A_MONTH
    )
    books = company.at(datetime.combine(day, time(23), UTC))
    calendar = calendar_for("GB", "ENG", years=range(FIRST.year, LAST.year + 1))
    library = Library(calendar, FIRST, LAST)
    counts: Counter[tuple[str, str]] = Counter()
    for truth in company.truths:
        cycle = infer(evidence_of(settled(books, truth.contact_id)), library, day)
        counts[truth.cycle.family if truth.cycle else "none", outcome(truth.cycle, cycle, calendar, day)] += 1
    return counts


def settled(books: Books, contact_id: str) -> Iterator[Settled]:
    """The first money that came for each invoice of a client, undone payments left out."""
    first: dict[str, date] = {}
    for payment in books.payments.values():
        invoice = books.invoices.get(payment.invoice)
        if invoice and invoice.contact == contact_id and payment.status == "AUTHORISED":
            first[invoice.id] = min(payment.date, first.get(invoice.id, payment.date))
    for invoice_id, paid in first.items():
        yield Settled(paid, books.invoices[invoice_id].issued, books.invoices[invoice_id].due)


def outcome(truth: TrueCycle | None, cycle: Cycle, calendar: Calendar, day: date) -> str:
    """`recovered`, `another` (a rule that is not the client's) or `open` (none named, or too doubtful)."""
    schedule = cycle.schedule(calendar)
    if schedule is None or cycle.confidence < SURE:
        return "open"
    if truth is None:
        return "another"
    end = day + YEAR
    said, true = (
        {run for run in runs if not CHRISTMAS.covers(run)}
        for runs in (schedule.runs(day, end), takewhile(lambda run: run <= end, truth.runs(day)))
    )
    return "recovered" if len(said & true) >= AGREES * max(len(said), len(true)) else "another"


if __name__ == "__main__":
    main()
