"""The part of the books and of the history that bears on a few payers: what is judged again before a hand-off.

Arranged once per delivery, so that a chunk of forty invoices costs what it holds and not what the books hold.
"""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date

from worker.core.history import History, PastMessage
from worker.core.receivable import Invoice, Payment, PaymentKind, Snapshot
from worker.core.settings import OrganisationSettings


class Focus:
    """One organisation's books and history by payer. `day` is the local date of the sweep.

    For the payers asked for, `decide(..., only=payers)` and `violations` answer the same on a part as on the whole.
    """

    def __init__(self, snapshot: Snapshot, settings: OrganisationSettings, history: History, day: date) -> None:
        self._snapshot, self._settings, self._history = snapshot, settings, history
        self._invoices: dict[str, list[Invoice]] = defaultdict(list)
        for invoice in snapshot.invoices:
            self._invoices[self._payer_of(invoice.client_id)].append(invoice)
        self._payments: dict[str, dict[str, Payment]] = defaultdict(dict)
        for payment in snapshot.payments:
            for owner in self._concerned(payment):
                self._payments[owner][payment.id] = payment
        self._newest = _newest(snapshot.payments, day)
        self._messages: dict[str, list[int]] = defaultdict(list)
        for at, message in enumerate(history.messages):
            for name in self._names(message):
                self._messages[name].append(at)

    def on(self, payers: AbstractSet[str], clients: Iterable[str]) -> tuple[Snapshot, History]:
        """The books and the history of these payers, whose clients are `clients`. Clients and credits stay whole."""
        payments = {p.id: p for payer in payers for p in self._payments.get(payer, {}).values()}
        if self._newest:  # by it the freshness of all books is judged
            payments[self._newest.id] = self._newest
        invoices = {i.id: i for payer in payers for i in self._invoices.get(payer, ())}
        for payment in payments.values():  # money split over payers must look as split as it is
            for allocation in payment.allocations:
                found = self._snapshot.by_id.get(allocation.invoice_id)
                if found:
                    invoices[found.id] = found
        ordered = {i: invoices[i] for i in sorted(invoices)}
        books = replace(
            self._snapshot,
            invoices=tuple(ordered.values()),
            payments=tuple(payments[p] for p in sorted(payments)),
            by_id=ordered,
        )
        names = {*payers, *clients, *invoices, *payments}
        places = sorted({at for name in names for at in self._messages.get(name, ())})
        return books, replace(self._history, messages=tuple(self._history.messages[at] for at in places))

    def _payer_of(self, client_id: str) -> str:
        chosen = self._settings.clients.get(self._snapshot.survivor(client_id))
        return self._snapshot.survivor(chosen.payer_id if chosen else client_id)

    def _concerned(self, payment: Payment) -> set[str]:
        settled = (self._snapshot.by_id.get(a.invoice_id) for a in payment.allocations)
        return {self._payer_of(c) for c in (payment.client_id, *(i.client_id for i in settled if i))}

    def _names(self, message: PastMessage) -> set[str]:
        own = (message.payer_id, self._snapshot.survivor(message.payer_id))
        return {*own, *(row.invoice_id for row in message.advances), *message.payment_ids}


def _newest(payments: Iterable[Payment], day: date) -> Payment | None:
    """The last live money up to `day`."""
    live = (p for p in payments if p.active and p.kind is PaymentKind.MONEY and p.amount > 0 and p.date <= day)
    return max(live, key=lambda p: p.date, default=None)
