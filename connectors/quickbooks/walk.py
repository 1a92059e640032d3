"""Walking all rows of an entity by a moving window, and refusing to believe a walk that does not add up (I6, I29).

Offsets skip rows when something changes meanwhile: a changed row leaves its place and the rest move up. So rows are
asked for in the order of their last change, always from the last instant seen; an offset is used only inside one second
that fills a whole page, as imports do.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from connectors.quickbooks import rows as row
from connectors.quickbooks import statements, wire
from connectors.quickbooks.api import QuickBooksApi
from connectors.quickbooks.refusals import BadRow
from worker.errors import BooksGarbled

BULK = 100
"""Ids in one question: a GET's address stays short."""

_SPARED = {"Invoice": "invoice", "Customer": "customer"}
"""What may be left out, with a warning: it is then not chased. Money left out would chase somebody who has paid."""

_MOST_BAD = 10
_ATTEMPTS = 3
_PAGES = 5000
_IDLE = 3
"""Pages in a row that may bring nothing new: rows that cannot be delivered can fill small ones."""

R = TypeVar("R", bound=row.Row)


class Moved(BooksGarbled):
    """The pages do not add up to the whole; it probably changed while we read it."""

    def __init__(self, entity: str, found: str) -> None:
        super().__init__(
            f"The rows of {entity} do not add up: {found}.",
            "Nothing is sent for this organisation until a reading adds up: the next sweep tries again.",
        )


class Walker:
    """Walks entities of one company. `began` is the platform's own time of its first answer; `newest` the latest change
    seen; `warnings` name what had to be left out."""

    def __init__(self, api: QuickBooksApi, size: int = statements.PAGE) -> None:
        """`size`: rows a page."""
        self._api, self._size = api, size
        self.began: datetime | None = None
        self.newest: datetime | None = None
        self.warnings: list[str] = []
        self._bad = 0

    def everything(self, kind: type[R], entity: str, where: Sequence[str]) -> Iterator[list[R]]:
        """All rows, confirmed by the platform's own count; walked again, up to twice, when they differ.

        Rows may then come twice. Raises BooksError, Moved among them.
        """
        trouble = Moved(entity, "it was never walked")
        for _ in range(_ATTEMPTS):
            seen: set[str] = set()
            bad = self._bad
            try:
                for page in self.since(kind, entity, where, ""):
                    seen.update(r.Id for r in page)
                    yield page
            except Moved as moved:
                trouble = moved
                continue
            announced = self._api.count(entity, where)
            if announced == len(seen) + self._bad - bad:
                return
            trouble = Moved(entity, f"{len(seen)} different rows came and {announced} were announced")
        raise trouble

    def since(self, kind: type[R], entity: str, where: Sequence[str], bound: str) -> Iterator[list[R]]:
        """All rows changed at or after `bound` ("" for ever), each version of a row once. Raises BooksError."""
        seen: set[tuple[str, str | None, str | None]] = set()
        start, idle = 1, 0
        for _ in range(_PAGES):
            asked = [*where, statements.since(bound)] if bound else list(where)
            found = self._fetch(kind, entity, asked, start, self._size)
            good = [r for r in found if r is not None]
            fresh = [r for r in good if _version(r) not in seen]
            seen.update(map(_version, fresh))
            yield fresh
            if len(found) < self._size:
                return
            idle = 0 if fresh else idle + 1
            if idle > _IDLE:
                raise Moved(entity, "its pages repeat what came before")
            last = good[-1].MetaData.LastUpdatedTime if fresh and good[-1].MetaData else bound
            if last is None:
                raise Moved(entity, "a row does not say when it changed")
            if last == bound:
                start += len(found)
            elif good[0].MetaData and good[0].MetaData.LastUpdatedTime == last:  # one second, from its beginning
                bound, start = last, 1 + len(found)
            else:
                self._bad -= len(found) - 1 - found.index(good[-1])  # these come again in the next window
                bound, start = last, 1
        raise Moved(entity, f"there is no end to it after {_PAGES} pages")

    def by_ids(
        self, kind: type[R], entity: str, ids: Sequence[str], *, also: Sequence[str] = (), last_look: bool = False
    ) -> Iterator[R]:
        """The rows with these ids, as far as they exist and can be delivered. Raises BooksError."""
        unique = sorted({i for i in ids if i.isascii() and i.isdecimal()})
        for at in range(0, len(unique), BULK):
            yield from self._some(kind, entity, unique[at : at + BULK], also, last_look=last_look)

    def _some(
        self, kind: type[R], entity: str, ids: Sequence[str], also: Sequence[str], *, last_look: bool
    ) -> Iterator[R]:
        statement = statements.select(entity, [statements.ids(ids), *also])
        try:
            yield from self._rows(kind, entity, statement, f"{entity} rows by id", last_look=last_look)
        except BadRow as error:
            if entity not in _SPARED:
                raise
            if len(ids) == 1:
                self._spare(entity, error, f" {ids[0]}")
                return
            half = len(ids) // 2
            yield from self._some(kind, entity, ids[:half], also, last_look=last_look)
            yield from self._some(kind, entity, ids[half:], also, last_look=last_look)

    def _fetch(self, kind: type[R], entity: str, where: Sequence[str], start: int, most: int) -> list[R | None]:
        """One page, or its halves when a row spoils it; None stands for a row that cannot be delivered."""
        try:
            statement = statements.select(entity, where, start, most)
            return [*self._rows(kind, entity, statement, f"{entity} rows")]
        except BadRow as error:
            if entity not in _SPARED:
                raise
            if most == 1:
                self._spare(entity, error)
                return [None]
        half = most // 2
        first = self._fetch(kind, entity, where, start, half)
        return first if len(first) < half else first + self._fetch(kind, entity, where, start + half, most - half)

    def _rows(self, kind: type[R], entity: str, statement: str, what: str, *, last_look: bool = False) -> list[R]:
        answer = self._api.query(statement, what, last_look=last_look)
        self.saw(wire.moment(answer.time))
        found: list[R] = [wire.one(kind, raw) for raw in getattr(answer.QueryResponse, entity)]
        if len({r.Id for r in found}) != len(found):
            raise Moved(entity, "one page names a row twice")
        self.note(found)
        return found

    def saw(self, time: datetime | None) -> None:
        """Note the platform's time of an answer; the first one counts."""
        self.began = self.began or time

    def note(self, found: "Sequence[row.Row | row.Head]") -> None:
        """Note how new the newest row is."""
        times = [t for r in found if (t := wire.newest(r.MetaData))]
        self.newest = max(filter(None, (self.newest, *times)), default=None)

    def _spare(self, entity: str, error: BadRow, which: str = "") -> None:
        self._bad += 1
        if self._bad > _MOST_BAD:
            raise error
        self.warnings.append(f"One {_SPARED[entity]}{which} is left out and not chased. {error}")


def _version(r: row.Row) -> tuple[str, str | None, str | None]:
    return (r.Id, r.SyncToken, r.MetaData.LastUpdatedTime if r.MetaData else None)
