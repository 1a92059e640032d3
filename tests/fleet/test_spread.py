"""Turns: once a period each, spread over it, the same minute every time; lanes that keep room for the small."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from worker.fleet import spread

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
names = st.sets(st.text(min_size=1, max_size=12), min_size=1, max_size=30)


@given(names, st.integers(0, 86_400), st.lists(st.integers(1, 1_300), min_size=1, max_size=20))
def test_ticks_of_any_length_give_everyone_one_turn_a_period(found: set[str], start: int, steps: list[int]) -> None:
    begin = at = NOON + timedelta(seconds=start)
    turns: list[str] = []
    steps = [*steps, *[60] * 61]
    for step in steps:
        turns += spread.due(found, at, at + timedelta(seconds=step))
        at += timedelta(seconds=step)
    whole = int((at - begin) / spread.PERIOD)
    counted = Counter(turns)
    assert all(whole <= counted[n] <= whole + 1 for n in found), (whole, counted)


@given(st.text(max_size=20), st.integers(0, 10**6))
def test_an_organisation_keeps_its_minute(name: str, seconds: int) -> None:
    at = NOON + timedelta(seconds=seconds)
    turn = spread.last_turn(name, at)
    assert at - spread.PERIOD < turn <= at
    assert (turn.timestamp() % 3600) == spread.offset(name).total_seconds()


def test_a_thousand_organisations_are_spread_over_the_hour() -> None:
    minutes = Counter(int(spread.offset(f"firm-{n}").total_seconds() // 60) for n in range(1000))
    assert len(minutes) == 60 and max(minutes.values()) < 40


def test_a_pause_of_hours_gives_one_turn_each_not_many() -> None:
    assert sorted(spread.due(["a", "b"], NOON, NOON + timedelta(hours=5))) == ["a", "b"]


def test_the_large_never_take_every_place() -> None:
    assert spread.lane(spread.LARGE - 1) == spread.SMALL_LANE
    assert spread.lane(spread.LARGE) == spread.LARGE_LANE
    for at_once in range(2, 64):
        lanes = spread.lanes_of(at_once)
        assert sum(n for _, n in lanes) == at_once
        assert dict(lanes)[(spread.SMALL_LANE,)] >= 1 <= dict(lanes)[(spread.SMALL_LANE, spread.LARGE_LANE)]
    assert spread.lanes_of(1) == (((spread.SMALL_LANE, spread.LARGE_LANE), 1),)


def test_rests_grow() -> None:
    assert [spread.wait_before(n) // timedelta(minutes=1) for n in range(spread.ATTEMPTS)] == [1, 4, 16]
