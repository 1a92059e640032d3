"""What every kind of row needs: amounts, dates, currencies and clients of one file, with problems noted. PURE."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from connectors.csvfile import cells
from connectors.csvfile.cells import Evidence, Mark, Order
from connectors.csvfile.notes import Findings
from connectors.csvfile.settings import Options
from connectors.csvfile.table import Record, Table
from worker.core.money import minor_digits
from worker.core.receivable import Client


def stable_id(prefix: str, *parts: str) -> str:
    """An id that depends on nothing but these words: the same books give the same ids for ever."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
    return f"{prefix}-{digest[:16]}"


@dataclass(slots=True)
class Directory:
    """The clients known so far, by id and by name."""

    findings: Findings
    given: bool = False
    by_id: dict[str, Client] = field(default_factory=dict)
    _ids_by_name: dict[str, list[str]] = field(default_factory=dict)

    def add(self, client: Client) -> None:
        """Know this client; the same id again replaces it."""
        if client.id not in self.by_id:
            self._ids_by_name.setdefault(cells.name_key(client.name), []).append(client.id)
        self.by_id[client.id] = client

    def find(self, table: Table, record: Record) -> Client | None:
        """The client a row names by id or by exact name, made when not known yet; None with a problem otherwise."""
        name, given_id = record.get("client"), record.get("client_id")
        if given_id:
            return self.by_id.get(given_id) or self._make(table, record, given_id, name or given_id)
        if not name:
            self.findings.problem(
                table.name, record.line, "no client is named", "a client's name or id", "write whose row this is"
            )
            return None
        ids = self._ids_by_name.get(cells.name_key(name), [])
        if len(ids) > 1:
            self.findings.problem(
                table.name,
                record.line,
                f'{len(ids)} clients are called "{name}" ({", ".join(sorted(ids))})',
                "a name only one client has, or its id",
                'add a column "client id" to this file',
            )
            return None
        return self.by_id[ids[0]] if ids else self._make(table, record, stable_id("client", cells.name_key(name)), name)

    def _make(self, table: Table, record: Record, client_id: str, name: str) -> Client:
        if self.given:
            self.findings.note(table.name, f'"{name}" is not in the clients file', record.line)
        client = Client(client_id, name)
        self.add(client)
        return client

    def learn_address(self, table: Table, record: Record, client: Client) -> None:
        """Take e-mail and country from a row when the clients file does not give them."""
        known = self.by_id[client.id]
        if not (record.get("email") or record.get("country")):
            return
        if (written := record.get("email")) and not known.email:
            first, _ = addresses(table, record, written, self.findings)
            known = replace(known, email=first)
        if not known.country:
            known = replace(known, country=country_code(record.get("country")))
        self.by_id[client.id] = known


def addresses(table: Table, record: Record, written: str, findings: Findings) -> tuple[str, tuple[str, ...]]:
    """The first address and the others of a cell like "a@x.example; b@x.example"; a bad one is left out with a note."""
    good = []
    for word in written.replace(";", " ").replace(",", " ").split():
        local, at, domain = word.strip("<>").rpartition("@")
        if at and local and "." in domain.strip(".") and "@" not in local and word.isprintable():
            good.append(f"{local}@{domain}")
        else:
            findings.note(table.name, f'"{word}" is not an e-mail address and is left out', record.line)
    return (good[0] if good else ""), tuple(good[1:])


def country_code(written: str) -> str:
    """ISO 3166 alpha-2, or "" when the cell holds anything but two letters."""
    code = written.strip().upper()
    if code == "UK":
        return "GB"
    return code if len(code) == 2 and code.isascii() and code.isalpha() else ""


class Reader:
    """Reads the cells of one table under one decimal mark and one order of day and month, decided over all of it."""

    def __init__(
        self, table: Table, options: Options, findings: Findings, amounts: Sequence[str], dates: Sequence[str]
    ) -> None:
        """`amounts` and `dates` are the fields whose cells give the file's ways of writing away."""
        self.table, self.options, self.findings = table, options, findings
        self._mark = options.decimals or self._decide_mark(cells.mark_evidence(table.column(*amounts)))
        self._order = options.dates or self._decide_order(cells.order_evidence(table.column(*dates)))
        if not options.currency and not table.has("currency"):
            self.problem(
                table.header_line, "no column says the currency", 'a column "currency"', "or set currency: EUR"
            )
        self._no_currency = not options.currency and not table.has("currency")

    def problem(self, line: int, found: str, expected: str = "", todo: str = "") -> None:
        """Note a problem of this table."""
        self.findings.problem(self.table.name, line, found, expected, todo)

    def wrong(self, record: Record, name: str, reason: str, expected: str, todo: str = "") -> None:
        """Note a problem with one cell, called as the file calls its column."""
        self.problem(record.line, f'{self.table.headings[name]} "{record.get(name)}" {reason}', expected, todo)

    def day(self, record: Record, name: str) -> date | None:
        """The date in a cell; None when empty or wrong."""
        if not (written := record.get(name)):
            return None
        try:
            return cells.day(written, self._order)
        except ValueError as reason:
            example = "01/31/2026" if self._order is Order.MONTH_FIRST else "31/01/2026"
            self.wrong(
                record, name, str(reason), f"a date such as 2026-01-31 or {example} ({self._order})", "correct the cell"
            )
            return None

    def amount(self, record: Record, name: str, currency: str) -> Decimal | None:
        """The exact amount in a cell; None when empty or wrong."""
        if not (written := record.get(name)):
            return None
        example = "1,234.56" if self._mark is Mark.POINT else "1.234,56"
        try:
            value, named = cells.amount(written, self._mark)
        except ValueError as reason:
            self.wrong(
                record, name, str(reason), f"an amount such as {example} (decimal {self._mark})", "correct the cell"
            )
            return None
        if named and currency and named != currency:
            self.wrong(
                record, name, f"is in {named}, the row in {currency}", "one currency a row", "correct one of them"
            )
            return None
        digits = minor_digits(currency) if currency else 2
        rounded = value.quantize(Decimal(1).scaleb(-digits))
        if rounded != value:
            self.wrong(
                record,
                name,
                f"is finer than {currency or 'the currency'} has coins",
                f"at most {digits} decimals",
                "correct the cell",
            )
            return None
        return rounded

    def currency(self, record: Record) -> str:
        """The row's currency, else the option's; "" with a problem when neither says."""
        written = record.get("currency").upper() or self.options.currency
        if len(written) == 3 and written.isascii() and written.isalpha():
            return written
        if written:
            self.wrong(record, "currency", "is not a currency", "three letters such as EUR", "correct the cell")
        elif not self._no_currency:
            self.problem(
                record.line, "the currency is empty", "three letters such as EUR", "fill it in, or set currency: EUR"
            )
        return ""

    def _decide_mark(self, evidence: Evidence) -> Mark:
        if evidence.first and evidence.second:
            (line, one), (other_line, other) = evidence.first, evidence.second
            self.problem(
                line,
                f'amounts are written both ways: "{one}" here, "{other}" on line {other_line}',
                "one decimal mark in the whole file",
                "correct the odd one out, or set decimals: point or decimals: comma",
            )
        elif evidence.either and not (evidence.first or evidence.second):
            line, written = evidence.either
            self.problem(
                line,
                f'"{written}" may be thousands or a fraction, and no other amount in the file tells which',
                "at least one amount with two decimals",
                "set decimals: point (1,234.56) or decimals: comma (1.234,56)",
            )
        return Mark.COMMA if evidence.second and not evidence.first else Mark.POINT

    def _decide_order(self, evidence: Evidence) -> Order:
        if evidence.first and evidence.second:
            (line, one), (other_line, other) = evidence.first, evidence.second
            self.problem(
                line,
                f'dates are written both ways: "{one}" here, "{other}" on line {other_line}',
                "one order of day and month in the whole file",
                "correct the odd one out, or set dates: day first or dates: month first",
            )
        elif evidence.either and not (evidence.first or evidence.second):
            line, written = evidence.either
            self.problem(
                line,
                f'"{written}" may be read two ways, and no other date in the file tells which',
                "at least one date with a day after the 12th, or dates like 2026-01-31",
                "set dates: day first or dates: month first",
            )
        return Order.MONTH_FIRST if evidence.second and not evidence.first else Order.DAY_FIRST
