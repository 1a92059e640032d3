"""Permits: whoever asks and whenever they are used, no minute holds more than its limit; and nothing waits for ever."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from worker.core.permits import LIFE, MINUTE, PATIENCE, SPAN, Rate, grant, next_batch, read, written

takers = st.tuples(st.floats(0, 20), st.integers(1, 12), st.floats(0, LIFE, exclude_max=True))
"""Seconds since the one before, permits wanted, and how late in their life they are used."""


def uses(asked: Sequence[tuple[float, int, float]], rate: Rate, start: float) -> list[float]:
    """When each permit is used, through the stored text."""
    now, counted, found = start, "", list[float]()
    for gap, want, late in asked:
        now += gap
        given = grant(read(counted), now, want, rate)
        counted = written(given.counted)
        found += [now + given.wait + late] * given.count
    return sorted(found)


def most_in_a_minute(moments: Sequence[float]) -> int:
    """A window that is fullest begins at a use."""
    return max((sum(1 for m in moments[n:] if m < begin + MINUTE) for n, begin in enumerate(moments)), default=0)


@given(st.lists(takers, max_size=120), st.integers(1, 60), st.floats(0, 10**9))
def test_no_minute_holds_more_than_its_limit(asked: list[tuple[float, int, float]], most: int, start: float) -> None:
    assert most_in_a_minute(uses(asked, Rate("x", most, 12), start)) <= most


@given(st.lists(takers, min_size=1, max_size=60), st.integers(12, 60))
def test_nobody_overtakes_and_nobody_is_told_a_longer_wait_than_patience(
    asked: list[tuple[float, int, float]], most: int
) -> None:
    now, counted, last = 1000.0, dict[int, int](), 0.0
    for gap, want, _ in asked:
        now += gap
        given = grant(counted, now, want, Rate("x", most, 12))
        counted = given.counted
        if given.count:
            assert given.count == want and given.wait <= PATIENCE
            assert int(now + given.wait) >= last
            last = int(now + given.wait)
        else:
            assert given.wait > PATIENCE


def test_a_busy_minute_is_nearly_full() -> None:
    """What a permit's life costs: `most` calls in SPAN seconds instead of a minute."""
    rate, now, counted, total = Rate("x", 9900, 20), 0.0, dict[int, int](), 0
    while now < 10 * SPAN:
        given = grant(counted, now, 20, rate)
        counted, total = given.counted, total + given.count
        now += max(given.wait, 0.001)
    assert 10 * 9900 <= total <= 11 * 9900
    assert 9900 / SPAN > 10_000 / MINUTE / 1.08


def test_a_clock_that_was_set_back_stops_nobody_for_long() -> None:
    ahead = grant({}, 10.0**6, 60, Rate("x", 60, 8)).counted
    assert grant(ahead, 1000.0, 8, Rate("x", 60, 8)).wait == 0.0


def test_what_lies_behind_is_forgotten() -> None:
    counted = grant({}, 0.5, 8, Rate("x", 60, 8)).counted
    assert counted == {0: 8}
    assert grant(counted, SPAN - 0.5, 8, Rate("x", 60, 8)).counted == {0: 8, SPAN - 1: 8}
    assert grant(counted, SPAN + 0.5, 8, Rate("x", 60, 8)).counted == {SPAN: 8}


def test_batches_follow_what_is_used() -> None:
    assert [next_batch(4, used, 20) for used in (0, 1, 3, 4)] == [1, 1, 3, 8]
    assert next_batch(16, 16, 20) == 20


@given(st.dictionaries(st.integers(0, 2 * 10**9), st.integers(1, 9999), max_size=70))
def test_text_and_back(counted: dict[int, int]) -> None:
    assert read(written(counted)) == counted
