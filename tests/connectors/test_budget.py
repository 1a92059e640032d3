"""Several processes under one limit: each with a pool of its own, in any order, against one store."""

import threading
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.budget import Budget, Pool
from connectors.pace import Pace
from tests.connectors.test_http import FakeClock
from tests.core.test_permits import most_in_a_minute
from worker.core.permits import LIFE, Allowed, Rate, grant
from worker.errors import BooksUnavailable, LogbookError


class MemoryStore:
    """The port, for one process; `delay`: seconds from asking to hearing."""

    def __init__(self, clock: FakeClock, delay: float = 0.0) -> None:
        self.clock, self.delay, self.asked, self.down = clock, delay, 0, False
        self.counted: dict[str, dict[int, int]] = {}

    def take(self, wanted: Mapping[Rate, int]) -> Mapping[Rate, Allowed]:
        if self.down:
            raise LogbookError("gone")
        self.asked += 1
        self.clock.passed += self.delay / 2
        found = {r: grant(self.counted.get(r.name, {}), self.clock.passed, n, r) for r, n in wanted.items()}
        self.counted |= {r.name: g.counted for r, g in found.items()}
        self.clock.passed += self.delay / 2
        return found


RATES = (Rate("app", 40, 20), Rate("tenant", 25, 8))


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.floats(0, 4)), min_size=1, max_size=120),
    st.sampled_from([0.0, 0.1, 0.5]),
)
def test_four_processes_keep_to_both_limits_in_any_order(turns: list[tuple[int, float]], delay: float) -> None:
    clock = FakeClock()
    store = MemoryStore(clock, delay)
    processes = [Budget(Pool(), store, clock) for _ in range(4)]
    left: list[float] = []
    for who, gap in turns:
        clock.passed += gap
        processes[who].enter(RATES, "Xero")
        left.append(clock.passed)
    assert most_in_a_minute(left) <= 25
    assert most_in_a_minute([*left, *(t + 0.5 for t in left)]) <= 50


def test_different_tenants_share_the_applications_minute() -> None:
    clock = FakeClock()
    store, left = MemoryStore(clock), list[float]()
    processes = [Budget(Pool(), store, clock) for _ in range(4)]
    for n in range(200):
        tenant = Rate(f"tenant {n % 20}", 25, 8)
        processes[n % 4].enter((RATES[0], tenant), "Xero")
        left.append(clock.passed)
    assert most_in_a_minute(left) <= 40


def test_a_sweep_of_seven_calls_asks_the_store_twice() -> None:
    clock = FakeClock()
    store = MemoryStore(clock)
    budget = Budget(Pool(), store, clock)
    for _ in range(7):
        budget.enter((Rate("app", 9900, 20), Rate("tenant", 59, 8)), "Xero")
        clock.passed += 0.3
    assert store.asked == 2


def test_a_busy_process_asks_about_the_application_once_for_twenty_calls() -> None:
    clock = FakeClock()
    store = MemoryStore(clock)
    budget = Budget(Pool(), store, clock)
    for _ in range(400):
        budget.enter((Rate("app", 9900, 20),), "Xero")
        clock.passed += 0.01
    assert store.asked <= 3 + 400 / 20


def test_permits_that_were_not_used_in_time_are_void() -> None:
    clock = FakeClock()
    store = MemoryStore(clock)
    budget = Budget(Pool(), store, clock)
    budget.enter(RATES, "Xero")
    clock.passed += LIFE
    budget.enter(RATES, "Xero")
    assert store.asked == 2
    assert sum(store.counted["app"].values()) == 5, "four, of which one was used; then one"


def test_without_the_store_no_call_leaves() -> None:
    clock = FakeClock()
    store = MemoryStore(clock)
    pace = Pace(clock, "Xero", 55, (), (), budget=Budget(Pool(), store, clock), shared=RATES)
    pace.before(last_look=False)
    store.down = True
    for _ in range(3):
        pace.before(last_look=True)  # permits in hand are good: they were counted
    with pytest.raises(BooksUnavailable, match="Xero was not asked"):
        pace.before(last_look=True)


def test_minutes_of_waiting_are_for_the_next_sweep() -> None:
    clock = FakeClock()
    budget = Budget(Pool(), MemoryStore(clock), clock)
    with pytest.raises(BooksUnavailable, match="gives all workers together no free call"):
        for _ in range(200):
            Budget(Pool(), budget._store, clock).enter((Rate("one", 1, 1), Rate("two", 20, 4)), "Xero")
            clock.passed = 0.0  # everybody at once


def test_threads_of_one_process_share_a_pool() -> None:
    clock = FakeClock()
    store, pool = MemoryStore(clock), Pool()

    def work() -> None:
        for _ in range(25):
            Budget(pool, store, clock).enter((Rate("app", 9900, 20),), "Xero")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = sum(store.counted["app"].values())
    assert taken - pool.batches["app"].left == 100, "each permit was used once"
