"""Expected receipts in the terminal, as CSV and as JSON."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from typing import Any

from rich.console import Console

from worker.core.inference.learn import Learnt
from worker.core.inference.receipts import Outlook, Week, outlooks, weeks
from worker.core.plain import one_line
from worker.core.receivable import Invoice, Snapshot
from worker.core.settings import Promise
from worker.report.terminal import FAINT, KEPT, LOUD, OUT, amount, cell, counted, row, say, table

BAR = 40
"""Characters the largest amount takes in the chart."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """One organisation's expected receipts."""

    organisation: str
    as_of: date
    invoices: tuple[Outlook, ...]
    unknown: tuple[Invoice, ...]
    weeks: tuple[Week, ...]


def forecast_of(snapshot: Snapshot, learnt: Learnt, count: int, promises: Iterable[Promise] = ()) -> Forecast:
    """The receipts of the next `count` weeks, as promises, written runs and the payments so far suggest."""
    found, unknown = outlooks(snapshot, learnt, promises)
    return Forecast(learnt.settings.name, learnt.day, found, unknown, weeks(found, learnt.day, count))


def show_forecast(out: Console, forecast: Forecast) -> None:
    """Print a bar a week: the expected amount, and the range that holds in four weeks of five."""
    say(out, f"{forecast.organisation}: expected receipts by week, in four weeks of five within the range", LOUD)
    for currency in sorted({w.currency for w in forecast.weeks}):
        mine = [w for w in forecast.weeks if w.currency == currency]
        top = max((w.high for w in mine), default=0) or 1
        made = table(["week from", currency, "range", ""], right=[currency, "range"])
        for week in mine:
            low, middle, high = (round(BAR * value / top) for value in (week.low, week.amount, week.high))
            bar = cell("#" * middle, OUT)
            bar.append("-" * (high - max(middle, low)), style=FAINT)
            between = f"{amount(week.low, currency)} - {amount(week.high, currency)}"
            row(made, [f"{week.start:%-d %b}", amount(week.amount, currency), between, bar])
        out.print(made)
    judged = sum(not o.own for o in forecast.invoices)
    if judged:
        say(out, f"{counted(judged, 'invoice')} with no past delays of the client's own: judged by everyone's.", FAINT)
    if forecast.unknown:
        say(
            out,
            f"{counted(len(forecast.unknown), 'invoice')} left out: neither an issue nor a due date to count from.",
            KEPT,
        )


def forecast_csv(forecasts: Sequence[Forecast]) -> str:
    """One line a week and currency."""
    text = StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["organisation", "week_from", "currency", "expected", "low", "high"])
    for one in forecasts:
        for w in one.weeks:
            lines.writerow([one_line(one.organisation), w.start.isoformat(), w.currency, w.amount, w.low, w.high])
    return text.getvalue()


def forecast_data(forecast: Forecast) -> dict[str, Any]:
    """The same as JSON values, with each open invoice's own dates: the median for cash, the likely day for a chase."""
    return {
        "organisation": forecast.organisation,
        "as_of": forecast.as_of.isoformat(),
        "weeks": [
            {
                "from": w.start.isoformat(),
                "currency": w.currency,
                "expected": str(w.amount),
                "low": str(w.low),
                "high": str(w.high),
            }
            for w in forecast.weeks
        ],
        "invoices": [
            {
                "id": o.invoice.id,
                "number": o.invoice.number,
                "currency": o.invoice.currency,
                "open": str(o.invoice.open),
                "median": o.expected.median.isoformat(),
                "likely": o.expected.likely.isoformat(),
                "probability": round(o.expected.probability, 3),
                "early": o.expected.early.isoformat(),
                "late": o.expected.late.isoformat(),
                "own_history": o.own,
            }
            for o in forecast.invoices
        ],
        "unknown": [i.id for i in forecast.unknown],
    }
