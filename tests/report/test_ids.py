"""Short ids stay unique beginnings."""

from hypothesis import given
from hypothesis import strategies as st

from worker.report.ids import short_ids


def test_a_kind_is_kept() -> None:
    assert short_ids(["allocate:a8c61234:0"]) == {"allocate:a8c61234:0": "allocate:a8c6"}


def test_ids_of_csv_books_keep_more_than_the_word_they_begin_with() -> None:
    assert short_ids(["find-address:invoice-abd6a4b648a7c1b1:0"]) == {
        "find-address:invoice-abd6a4b648a7c1b1:0": "find-address:invoice-abd6"
    }


@given(st.sets(st.text("ab:0", min_size=1, max_size=9), max_size=12))
def test_a_short_id_means_one_unless_it_is_the_beginning_of_another(ids: set[str]) -> None:
    short = short_ids(ids)
    for one in ids:
        assert one.startswith(short[one])
        others = [other for other in ids if other != one and other.startswith(short[one])]
        assert not others or short[one] == one
