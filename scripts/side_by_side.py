"""The same simulated company through both platforms' shapes, beside each other: what was asked and what was decided."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

UNTOLD = frozenset({"group-hold", "expected"})
"""Reasons, on Xero's side, that rest on what QuickBooks has no word for."""


def standings(one: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    """Where each open invoice stands, by its number, in words both platforms share."""
    shared = ("currency", "amount", "due", "bucket", "step", "next_on")
    return {s["number"]: (*(s[k] for k in shared), s["reason"]["code"]) for s in one["standings"]}


def differing(xero: Mapping[str, Any], quickbooks: Mapping[str, Any]) -> dict[str, str]:
    """Invoices that do not stand the same, by number: the reason on Xero's side."""
    mine, theirs = standings(xero), standings(quickbooks)
    return {n: mine[n][-1] if n in mine else "" for n in mine.keys() | theirs.keys() if mine.get(n) != theirs.get(n)}


def shown(xero: Mapping[str, Any], quickbooks: Mapping[str, Any]) -> list[str]:
    """The lines the demo prints."""
    rows = [
        ("clients", "clients"),
        ("open invoices", "open_invoices"),
    ]
    lines = [f"{'Side by side, the same company':<34}{'as Xero':>16}{'as QuickBooks':>16}"]
    lines += [f"  {label:<32}{xero[key]:>16}{quickbooks[key]:>16}" for label, key in rows]
    for label, key, scale, unit in (("calls to read it", "calls", 1, ""), ("on the wire", "bytes", 1000, " kB")):
        cells = (f"{one['asked'][key] // scale}{unit}" for one in (xero, quickbooks))
        lines.append(f"  {label:<32}" + "".join(f"{c:>16}" for c in cells))
    for currency in sorted(set(xero["money"]) | set(quickbooks["money"])):
        owed = [one["money"].get(currency, {}).get("receivables", "0") for one in (xero, quickbooks)]
        cells = (f"{Decimal(amount):,.2f}" for amount in owed)
        lines.append(f"  {'receivables ' + currency:<32}" + "".join(f"{c:>16}" for c in cells))
    reminders = [sum(d["kind"] == "remind" for d in one["decisions"]) for one in (xero, quickbooks)]
    lines.append(f"  {'reminders due today':<32}" + "".join(f"{n:>16}" for n in reminders))
    total, other = len(standings(xero)), differing(xero, quickbooks)
    lines.append(f"  {total - len(other)} of {total} open invoices stand exactly the same, to the day and the reason.")
    untold = sum(reason in UNTOLD for reason in other.values())
    if untold:
        lines.append(f"  {untold} rest on what QuickBooks cannot tell: contact groups and expected payment dates.")
    if untold < len(other):
        lines.append(f"  {len(other) - untold} differ, and should not: please report it.")
    return lines
