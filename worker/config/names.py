"""Finding the client a person means: platform id, account number, or exact unique name. Never a guess."""

from collections.abc import Iterable

from worker.config.source import nearest
from worker.core.receivable import Client, Snapshot
from worker.errors import Problem


class Names:
    """The clients of one snapshot by everything they may be called; merged clients lead to the one that remains."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Built once per resolution."""
        self._snapshot = snapshot
        self._numbers: dict[str, set[str]] = {}
        self._names: dict[str, set[str]] = {}
        for client in snapshot.clients.values():
            survivor = snapshot.survivor(client.id)
            if client.account_number:
                self._numbers.setdefault(same(client.account_number), set()).add(survivor)
            self._names.setdefault(same(client.name), set()).add(survivor)

    def find(self, text: str, place: str, what: str, problems: list[Problem]) -> str | None:
        """The id of the client; else None with a problem that says whom `what` would have been about."""
        if text in self._snapshot.clients:
            return self._snapshot.survivor(text)
        for index in (self._numbers, self._names):
            ids = index.get(same(text), set())
            if len(ids) == 1:
                return next(iter(ids))
            if ids:
                problems.append(self._ambiguous(text, sorted(ids), place))
                return None
        problems.append(self._nobody(text, place, what))
        return None

    def is_client(self, text: str) -> bool:
        """True when `text` means exactly one client."""
        return self.find(text, "", "", []) is not None

    def _ambiguous(self, text: str, ids: list[str], place: str) -> Problem:
        listed = " and ".join(ids) if len(ids) < 4 else f"{', '.join(ids[:3])}, ..."
        found = f'{len(ids)} clients are called "{text}": {listed}'
        return Problem(place, found, "one client", "write the id of the one you mean")

    def _nobody(self, text: str, place: str, what: str) -> Problem:
        near = nearest(text, self._all())
        todo = (
            f'write "{near}", if that is who you meant'
            if near
            else "look for a rename in the books, or remove the entry"
        )
        found = f'{what} for "{text[:80]}", who is not in the books'
        return Problem(place, found, "a platform id, an account number or an exact name", todo)

    def _all(self) -> Iterable[str]:
        for client in self._snapshot.clients.values():
            yield from (name for name in (client.name, client.account_number, client.id) if name)


def invoice_ids(snapshot: Snapshot, client_id: str, wanted: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ids of the client's invoices with these numbers or ids, and what was not found."""
    known: dict[str, str] = {}
    for invoice in snapshot.invoices:
        if snapshot.survivor(invoice.client_id) == client_id:
            known[same(invoice.number)] = known[same(invoice.id)] = invoice.id
    found = {text: known.get(same(text)) for text in wanted}
    return tuple(i for i in found.values() if i), tuple(t for t, i in found.items() if not i)


def group_of(client: Client, groups: Iterable[str]) -> list[str]:
    """Which of `groups` the client is in, in their order; case does not matter."""
    own = {same(g) for g in client.groups}
    return [g for g in groups if same(g) in own]


def same(text: str) -> str:
    """The form in which names are compared: case and spacing do not matter."""
    return " ".join(text.casefold().split())
