"""Walking a list that changes under our feet: everything that stayed is shown, or nothing counts."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.http import Reply
from connectors.xero import rows as row
from connectors.xero.walk import Listing, walk
from worker.errors import BooksGarbled

LIST = Listing("payments", "Payments", row.Payments, "PaymentID", "PaymentID")
Change = Callable[[set[int]], None]


class Api:
    """A list in id order that changes before some of the requests."""

    def __init__(self, rows: set[int], changes: dict[int, Change], paged: bool = True) -> None:
        self.rows, self.changes, self.paged, self.asked = rows, changes, paged, 0

    def get(self, path: str, what: str, params: dict[str, str], since: object, **_: object) -> Reply:
        self.asked += 1
        self.changes.get(self.asked, lambda rows: None)(self.rows)
        page, size = int(params["page"]), int(params["pageSize"])
        ordered = sorted(self.rows)[(page - 1) * size : page * size]
        body: dict[str, object] = {
            "Payments": [{"PaymentID": str(n), "Date": "/Date(0)/", "Amount": 1} for n in ordered]
        }
        if self.paged:
            body["pagination"] = {"pageCount": -(-len(self.rows) // size), "itemCount": len(self.rows)}
        return Reply(200, {"Content-Type": "application/json"}, json.dumps(body).encode())


def walked(api: Api, size: int = 3) -> set[int]:
    leaves = walk(api, LIST, {}, None, size)  # type: ignore[arg-type]
    return {int(r.PaymentID) for leaf in leaves for r in leaf.answer.rows}


def removing(gone: set[int]) -> Change:
    return lambda rows: rows.difference_update(gone)


def adding(new: set[int]) -> Change:
    return lambda rows: rows.update(new)


NUMBERS = st.sets(st.integers(0, 60), max_size=30)


@given(NUMBERS, st.dictionaries(st.integers(1, 12), NUMBERS, max_size=3), st.integers(1, 5))
def test_rows_that_stay_are_never_missed_when_others_go(start: set[int], gone: dict[int, set[int]], size: int) -> None:
    api = Api(set(start), {n: removing(g) for n, g in gone.items()})
    try:
        found = walked(api, size)
    except BooksGarbled:
        return
    assert found >= api.rows


@given(NUMBERS, st.dictionaries(st.integers(1, 12), NUMBERS, max_size=3), st.integers(1, 5))
def test_rows_that_stay_are_never_missed_when_others_come(start: set[int], new: dict[int, set[int]], size: int) -> None:
    api = Api(set(start), {n: adding(g) for n, g in new.items()})
    try:
        found = walked(api, size)
    except BooksGarbled:
        return
    assert found >= start


@given(NUMBERS, st.integers(1, 7))
def test_a_list_that_stands_still_costs_one_request_a_page(rows: set[int], size: int) -> None:
    api = Api(set(rows), {})
    assert walked(api, size) == rows
    assert api.asked == max(1, -(-len(rows) // size))


@given(NUMBERS, st.integers(1, 7))
def test_a_list_that_does_not_say_its_length_ends_at_a_short_page(rows: set[int], size: int) -> None:
    assert walked(Api(set(rows), {}, paged=False), size) == rows


def test_one_change_is_survived_by_walking_again() -> None:
    api = Api(set(range(9)), {2: removing({0})})
    assert walked(api) == set(range(9)), "the row that went was shown before it went"
    assert api.asked == 2 + 3


def test_a_list_that_never_stands_still_is_given_up() -> None:
    api = Api(set(range(30)), {n: removing({n}) for n in range(1, 99)})
    with pytest.raises(BooksGarbled, match="it shrank from"):
        walked(api)
    assert api.asked <= 4


def test_a_list_that_grows_faster_than_it_is_read_is_given_up() -> None:
    api = Api({1}, {n: adding(set(range(n * 100, n * 100 + 30))) for n in range(1, 500)})
    with pytest.raises(BooksGarbled, match="it grew from"):
        walked(api)
    assert api.asked < 200, "two walks, each at most five pages longer than first announced"
