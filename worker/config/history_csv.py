"""What was said before duecourse, as CSV: date, client, invoice, what. One line is one contact."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from worker.config.clients_csv import csv_rows
from worker.config.names import Names, same
from worker.config.source import plain
from worker.core.receivable import Invoice, Snapshot
from worker.errors import ConfigError, Problem

COLUMNS = ("date", "client", "invoice", "what")
ORDERS = {
    "": ("%Y-%m-%d", "%d %b %Y", "%d %B %Y"),
    "day first": ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y-%m-%d"),
    "month first": ("%m/%d/%Y", "%m-%d-%Y", "%Y-%m-%d"),
}


@dataclass(frozen=True, slots=True)
class EarlierContact:
    """One contact before duecourse. `known` false: its invoice is not in the books as last read, `invoice_id` is then
    what the file calls it. `step` is the rung it was, when `what` is a step of the client's policy."""

    line: int
    on: date
    client_id: str
    invoice_id: str
    what: str
    step: str = ""
    known: bool = True


def parse_history(
    text: str, name: str, snapshot: Snapshot, today: date, step_of: Callable[[str, str], str], order: str = ""
) -> tuple[EarlierContact, ...]:
    """The contacts of a file, in its order, each once. `step_of(client id, what)` is the step those words name, or "".

    `order`: how 03/04/2026 is meant; without it such a date is a problem. Raises ConfigError with every line's problem.
    """
    rows = csv_rows(text, name)
    if not rows:
        raise ConfigError([Problem(name, "nothing in it", f"a first line: {', '.join(COLUMNS)}")], name)
    reader = _Reader(name, snapshot, today, step_of, order, _header(rows[0][1], name))
    found = [reader.contact(line, cells) for line, cells in rows[1:]]
    if reader.problems:
        raise ConfigError(reader.problems, name)
    once = {(c.on, c.client_id, c.invoice_id, c.what): c for c in reversed(found) if c}
    return tuple(reversed(once.values()))


def _header(cells: list[str], name: str) -> dict[str, int]:
    places = {plain(c): n for n, c in enumerate(cells)}
    lacking = [c for c in ("date", "what") if c not in places]
    if not {"client", "invoice"} & set(places):
        lacking.append("client or invoice")
    if lacking:
        found = f"no column {', '.join(lacking)}"
        raise ConfigError([Problem(f"{name}:1", found, f"a first line: {', '.join(COLUMNS)}", "add it")], name)
    return places


class _Reader:
    def __init__(
        self,
        name: str,
        snapshot: Snapshot,
        today: date,
        step_of: Callable[[str, str], str],
        order: str,
        places: dict[str, int],
    ) -> None:
        self.name, self.snapshot, self.today, self.step_of = name, snapshot, today, step_of
        self.order, self.places = order, places
        self.names = Names(snapshot)
        self.problems: list[Problem] = []
        self.numbers: dict[str, list[Invoice]] = {}
        for invoice in snapshot.invoices:
            for key in {same(invoice.number), same(invoice.id)}:
                self.numbers.setdefault(key, []).append(invoice)

    def contact(self, line: int, cells: list[str]) -> EarlierContact | None:
        """The contact of one line; None after noting what is wrong with it."""
        place = f"{self.name}:{line}"
        cell = {k: cells[n] if n < len(cells) else "" for k, n in self.places.items()}
        before = len(self.problems)
        on = self._day(cell["date"], place)
        what, who, number = cell["what"], cell.get("client", ""), cell.get("invoice", "")
        if not what:
            self.problems.append(Problem(place, "nothing said", "what was done: rang, e-mailed, nudge", "fill it in"))
        client_id = self.names.find(who, place, "a contact", self.problems) if who else None
        invoice = self._invoice(number, client_id, place) if number else None
        client_id = client_id or (self.snapshot.survivor(invoice.client_id) if invoice else None)
        if client_id is None and not who:
            found = f"no client, and no invoice {number} in the books" if number else "neither client nor invoice"
            self.problems.append(Problem(place, found, "one that is in the books", "fill in the client"))
        if len(self.problems) > before or on is None or client_id is None:
            return None
        step = self.step_of(client_id, what) if number else ""
        known = invoice is not None or not number
        return EarlierContact(line, on, client_id, invoice.id if invoice else number, what, step, known)

    def _day(self, text: str, place: str) -> date | None:
        for form in ORDERS[self.order]:
            try:
                day = datetime.strptime(text, form).date()  # noqa: DTZ007 - a calendar day has no zone
            except ValueError:
                continue
            if day > self.today:
                self.problems.append(
                    Problem(place, f"{day} is in the future", f"a day up to {self.today}", "correct it")
                )
                return None
            return day
        todo = 'write it so, or say --dates "day first" or "month first"'
        self.problems.append(Problem(place, f'the date "{text[:40]}"', "2026-03-20 or 20 Mar 2026", todo))
        return None

    def _invoice(self, number: str, client_id: str | None, place: str) -> Invoice | None:
        meant = self.numbers.get(same(number), [])
        own = [i for i in meant if client_id in (None, self.snapshot.survivor(i.client_id))]
        if meant and not own:
            theirs = self.snapshot.clients.get(meant[0].client_id)
            found = f"invoice {number} is not this client's"
            self.problems.append(
                Problem(place, found, theirs.name if theirs else "its own client", "correct one of them")
            )
        if len(own) > 1:
            self.problems.append(Problem(place, f"{len(own)} invoices are called {number}", "one", "write its id"))
        return own[0] if len(own) == 1 else None
