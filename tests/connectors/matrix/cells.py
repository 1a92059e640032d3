"""Every cell of the fault matrix and how it must end: what goes wrong x where x how often.

The kinds are the upstream faults that a reader of accounting platforms must expect, 29 of them; the places are every
request a sweep makes, lists at their first, a middle and their last page. How a cell ends is one of:

- `same`: retried or read again, and the very same letters leave as without the fault;
- `safe`: nobody can know what the answer hid, so other letters may leave, but only about what is really owed;
- `unavailable`, `garbled`, `broken`: no snapshot or no last look, hence no letter, and an error of that class;
- `kindness`: what a message can go without (a pay link, a paper, a note): the same letters leave.
"""

from collections.abc import Iterator
from dataclasses import dataclass

SAME, SAFE, KINDNESS = "same", "safe", "kindness"
UNAVAILABLE, GARBLED, BROKEN = "unavailable", "garbled", "broken"
ALWAYS = 0
POSITIONS = ("first", "middle", "last")


@dataclass(frozen=True)
class Place:
    """A request of a sweep. `sort`: list (paged), single, count, changes, token, look or kindness."""

    name: str
    sort: str
    position: str = "only"
    phase: str = "full"

    @property
    def label(self) -> str:
        return f"{self.phase} {self.name} {self.position}"


@dataclass(frozen=True)
class Cell:
    """One fault at one place. `sandbox`: the simulated platform's name for it ("": the line itself, see `lines`)."""

    platform: str
    kind: str
    place: Place
    end: str
    sandbox: str = ""
    times: int = 1
    value: int | None = None

    @property
    def label(self) -> str:
        often = "always" if self.times == ALWAYS else "once"
        return f"{self.platform}: {self.kind}, {self.place.label}, {often} = {self.end}"


def _paged(*names: str) -> list[Place]:
    return [Place(name, "list", position) for name in names for position in POSITIONS]


def _places(sort: str, *names: str, phase: str = "full") -> list[Place]:
    return [Place(name, sort, phase=phase) for name in names]


XERO = [
    *_places("single", "connections", "Organisation", "InvoiceReminders"),
    *_paged("Invoices", "Payments", "Contacts"),
    *_places("list", "CreditNotes", "Overpayments", "Prepayments"),
    *_places("token", "token"),
    *_places("single", "Organisation", phase="changes"),
    *_places("list", "Invoices", "Payments", "CreditNotes", "Overpayments", "Prepayments", "Contacts", phase="changes"),
    *_places("look", "Invoices by id", "Contacts by id", phase="gate"),
    *_places("kindness", "OnlineInvoice", "pdf", "History", phase="gate"),
]
QUICKBOOKS = [
    *_places("single", "companyinfo", "preferences"),
    *_paged("Invoice", "Payment", "Customer"),
    *_places("list", "Term", "CreditMemo"),
    *_places("count", "Term count", "Invoice count", "Payment count", "CreditMemo count", "Customer count"),
    *_places("token", "token"),
    *_places("changes", "cdc", phase="changes"),
    *_places("look", "Invoice by id", "Customer by id", phase="gate"),
    *_places("kindness", "link", "pdf", phase="gate"),
]
LINES = ("connect time-out", "read time-out", "slow drip")
"""Kinds that happen on our side of the line; the platform never knows."""


@dataclass(frozen=True)
class Kind:
    """One of the 29. `xero`, `quickbooks`: what the simulated platforms call it ("" where it cannot happen there)."""

    name: str
    xero: str
    quickbooks: str
    end: str
    times: int = 1
    value: int | None = None
    only: tuple[str, ...] = ()


_BOOKS = ("single", "list", "count", "changes", "look", "kindness")
_LISTS = ("list", "changes", "look")
KINDS = (
    Kind("401 mid-page", "expired", "expired", SAME, only=_BOOKS),
    Kind("401 after refresh", "unauthorised", "expired", BROKEN, ALWAYS, only=_BOOKS),
    Kind("403 scope missing", "insufficient scope", "not admin", BROKEN, only=_BOOKS),
    Kind("403 tenant gone", "forbidden", "forbidden", BROKEN, only=_BOOKS),
    Kind("404", "not found", "not found", GARBLED, only=_BOOKS),
    Kind("429 with Retry-After", "minute limit", "throttled", SAME, value=7),
    Kind("429 without", "minute limit", "throttled", SAME),
    Kind("429 with an absurd wait", "minute limit", "throttled", UNAVAILABLE, value=99_999_999),
    Kind("429 for ever", "minute limit", "throttled", UNAVAILABLE, ALWAYS),
    Kind("daily or monthly limit", "day limit", "quota", UNAVAILABLE, value=40_000),
    Kind("500", "server error", "server error", SAME),
    Kind("500 for ever", "server error", "server error", UNAVAILABLE, ALWAYS),
    Kind("502 in HTML", "bad gateway", "bad gateway", SAME),
    Kind("503", "offline", "unavailable", SAME),
    Kind("503 for ever", "maintenance", "unavailable", UNAVAILABLE, ALWAYS),
    Kind("connect time-out", "", "", SAME),
    Kind("read time-out", "", "", SAME),
    Kind("slow drip", "", "", SAME),
    Kind("line cut for ever", "drop", "drop", UNAVAILABLE, ALWAYS),
    Kind("truncated JSON", "truncated", "truncated", GARBLED),
    Kind("body cut short", "cut short", "cut short", SAME, only=_BOOKS),
    Kind("wrong shape", "wrong shape", "wrong shape", GARBLED, only=("single", "list", "changes", "look", "kindness")),
    Kind("wrong content type", "wrong type", "wrong type", GARBLED),
    Kind("empty body", "empty", "empty", GARBLED),
    Kind("unknown values", "unknown enum", "unknown enum", SAFE, ALWAYS, only=_LISTS),
    Kind("row twice", "duplicate row", "duplicate row", SAME, only=("list",)),
    Kind("row twice for ever", "duplicate row", "duplicate row", GARBLED, ALWAYS, only=("list",)),
    Kind("row missing", "missing row", "missing row", SAME, only=("list",)),
    Kind("row missing for ever", "missing row", "missing row", GARBLED, ALWAYS, only=("list",)),
    Kind("page repeated", "repeated page", "", SAME, only=("list",)),
    Kind("endless pages", "endless pages", "", SAME, ALWAYS, only=("list",)),
    Kind("page count shrinks", "shrinking pages", "", SAME, only=("list",)),
    Kind("total is not rows", "item count", "", SAME, only=("list",)),
    Kind("total is not rows for ever", "item count", "", GARBLED, ALWAYS, only=("list",)),
    Kind("stale read", "stale", "stale", SAFE, value=240, only=_LISTS),
    Kind("clock a day ahead", "clock ahead", "clock ahead", SAME, only=("token",)),
    Kind("clock a day behind", "clock behind", "clock behind", SAME, only=("token",)),
    Kind("rotation's reply lost", "cut short", "cut short", SAME, only=("token",)),
    Kind("invalid_grant", "invalid grant", "invalid grant", BROKEN, only=("token",)),
)  # fmt: skip


def cells() -> Iterator[Cell]:
    """All of them, in a fixed order; what cannot happen at a place is left out."""
    for platform, places in (("xero", XERO), ("quickbooks", QUICKBOOKS)):
        for kind in KINDS:
            name = getattr(kind, platform)
            if not name and kind.name not in LINES:
                continue
            for place in places:
                twists = kind.name == "wrong shape" and place.name == "connections"  # that list is a bare one
                if (not kind.only or place.sort in kind.only) and not twists:
                    end = ending(kind, place, platform)
                    yield Cell(platform, kind.name, place, end, name, kind.times, kind.value)


def ending(kind: Kind, place: Place, platform: str) -> str:
    """How a cell must end, written down beforehand."""
    if place.sort == "kindness":
        return KINDNESS
    if kind.name == "endless pages" and place.label == "full Payments first":
        return GARBLED  # the longest list: that it grows page by page is more than any edit could do
    if kind.name == "row missing for ever" and place.label == "full Payment last":
        return SAME  # the last page of a moving window repeats a row: that one is no loss
    if kind.name == "daily or monthly limit" and place.sort == "token" and platform == "quickbooks":
        return SAME  # tokens are no metered calls, and a refusal that names no time is asked again
    return kind.end


def sampled(every: int = 0) -> list[Cell]:
    """A deterministic sample: each n-th cell."""
    found = list(cells())
    step = every or max(1, len(found) // 32)
    return found[step // 2 :: step]
