"""The simulated fleet, small: what the page claims of thousands holds here, and the page says so."""

from datetime import timedelta

from tests.bench.fleet_model import Fleet
from tests.bench.scale import BEGIN, CPU, DOC, END, everyone, firms_of, platform_of
from worker.fleet.spread import ATTEMPTS, LARGE, after_failure

SCALE = 0.03


def test_everybody_is_swept_in_little_more_than_the_platform_allows() -> None:
    e = everyone("xero", 300, 13, workers=6, at_once=4, scale=SCALE)
    assert e.bound == "the application's minute" and len(e.seen.ended) == 300
    assert 1.0 <= e.ratio <= 1.15
    assert e.seen.refused == 0, "the platform's own count never had to say no"


def test_without_an_applications_limit_the_workers_are_the_limit() -> None:
    e = everyone("quickbooks", 300, 3, workers=2, at_once=4)
    assert e.bound == "the slots of the workers" and e.ratio <= 1.15 and e.seen.refused == 0


def fleet_for_two_hours(poisoned: int) -> Fleet:
    fleet = Fleet(firms_of(200, 7, poisoned), platform_of("xero", SCALE), 3, 4, CPU)
    for minute in range(120):
        fleet.at(minute * 60.0, fleet.tick, timedelta(hours=1))
    fleet.run()
    return fleet


def test_what_breaks_again_and_again_is_parked_and_delays_nobody() -> None:
    well, ill = fleet_for_two_hours(0).seen, fleet_for_two_hours(10).seen
    assert len(ill.parked) == 10 and not well.parked
    assert all(len(ill.ended[name]) >= 2 for name in ill.ended) and len(ill.ended) == 190
    assert max(ill.waited.values()) <= max(well.waited.values()) + 1
    rests = sum((after_failure(n) or timedelta()).total_seconds() for n in range(ATTEMPTS))
    assert min(ill.parked.values()) >= rests


def test_the_large_do_not_delay_the_small() -> None:
    fleet = Fleet(firms_of(100, 7), platform_of("xero"), 1, 4, CPU)
    large = [f.name for f in fleet.firms.values() if f.opened >= LARGE]
    for name in (*large, *(n for n in fleet.firms if n not in large)):
        fleet.put(name)
    seen = fleet.run()
    assert len(large) == 3 and seen.waited["firm-000000"] == 0.0, (
        "a small one begins while the large wait in their lane"
    )


def test_the_page_shows_what_it_claims() -> None:
    shown = DOC.read_text("utf-8").split(BEGIN)[1].split(END)[0]
    part = shown.split("### Everybody at once")[1].split("###")[0]
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("| ")]
    head, _, *found = rows
    assert len(found) == 4
    for row in found:
        one = dict(zip(head, row, strict=True))
        assert float(one["ratio"]) <= 1.15 and one["refused"] == "0"
