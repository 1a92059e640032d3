"""Charts as figures: what is drawn where, in the units of an SVG's view box. The templates only draw it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from worker.core.inference.receipts import Week

WIDE = 720
"""Units from edge to edge of every chart."""
HIGH = 150
ROOM = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """One rectangle: `kind` says what it means (and with that its colour), `label` says it in words."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class WeekBar:
    """One week of a forecast: the bar, the line of its range, and its words."""

    bar: Bar
    middle: float
    top: float
    bottom: float
    start: date


def stacked(parts: Mapping[str, Decimal]) -> list[Bar]:
    """One bar of parts side by side, which together fill the width; a part that is anything at all can be seen."""
    total = sum(parts.values(), Decimal(0))
    shown = [(kind, float(value / total)) for kind, value in parts.items() if value > 0] if total > 0 else []
    least = [max(share, 0.006) for _, share in shown]
    made, x = [], 0.0
    for (kind, _), share in zip(shown, least, strict=True):
        width = WIDE * share / sum(least)
        made.append(Bar(round(x, 1), 0, round(width, 1), 28, kind))
        x += width
    return made


def columns(values: Sequence[Decimal], kinds: Sequence[str], labels: Sequence[str]) -> list[Bar]:
    """A bar a value, standing on one line; the largest is as high as the chart."""
    top = max((*values, Decimal(1)))
    width = WIDE / max(1, len(values))
    made = []
    for n, (value, kind, label) in enumerate(zip(values, kinds, labels, strict=True)):
        high = max(round(float(value / top) * HIGH, 1), 1.5 if value > 0 else 0)
        made.append(
            Bar(round(n * width + ROOM, 1), round(HIGH - high, 1), round(width - 2 * ROOM, 1), high, kind, label)
        )
    return made


def forecast(weeks: Sequence[Week]) -> list[WeekBar]:
    """A bar a week for what is expected, with the range that holds in four weeks of five."""
    top = float(max((w.high for w in weeks), default=Decimal(1)) or 1)
    width = WIDE / max(1, len(weeks))
    made = []
    for n, week in enumerate(weeks):
        low, middle, high = (round(HIGH * (1 - float(v) / top), 1) for v in (week.low, week.amount, week.high))
        bar = Bar(round(n * width + ROOM, 1), middle, round(width - 2 * ROOM, 1), round(HIGH - middle, 1), "expected")
        made.append(WeekBar(bar, round((n + 0.5) * width, 1), high, low, week.start))
    return made
