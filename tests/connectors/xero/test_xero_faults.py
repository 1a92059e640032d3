"""Each fault has an expected end: read all the same, or no snapshot at all and a plain reason."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.connectors.contract import Mirror, mirror_of
from tests.connectors.stage import FakeClock
from tests.connectors.xero.stage import XeroStage, staged
from worker.errors import BooksError, BooksGarbled, BooksUnavailable, ConnectionBroken

ALWAYS = 0
BUDGET = 90  # requests of one reading, faults and all


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[XeroStage]:
    yield from staged(tmp_path_factory.mktemp("tokens"), seeds=(7,))


@pytest.fixture(scope="module")
def whole(shared: XeroStage) -> Mirror:
    shared.control("faults", [])
    return mirror_of(shared.books(), shared.now)


@pytest.fixture
def quiet(shared: XeroStage, whole: Mirror) -> XeroStage:
    """One sandbox for the tests that only read: nothing goes wrong in it yet and nothing was asked."""
    shared.control("faults", [])
    shared.forget()
    shared.clock = FakeClock()
    return shared


@pytest.mark.parametrize(
    ("kind", "endpoint", "more", "expected"),
    [
        ("expired", "Invoices", {"times": ALWAYS}, ConnectionBroken),
        ("unauthorised", "Contacts", {"times": ALWAYS}, ConnectionBroken),
        ("insufficient scope", "Payments", {}, ConnectionBroken),
        ("forbidden", "Organisation", {}, ConnectionBroken),
        ("not found", "CreditNotes", {}, BooksGarbled),
        ("minute limit", "Invoices", {"times": ALWAYS, "value": 7}, BooksUnavailable),
        ("minute limit", "Invoices", {"times": ALWAYS}, BooksUnavailable),
        ("minute limit", "Invoices", {"value": 99999999}, BooksUnavailable),
        ("day limit", "Payments", {"value": 40000}, BooksUnavailable),
        ("concurrent limit", "Payments", {"times": ALWAYS}, BooksUnavailable),
        ("server error", "Invoices", {"times": ALWAYS}, BooksUnavailable),
        ("bad gateway", "Invoices", {"times": ALWAYS}, BooksUnavailable),
        ("offline", "Organisation", {"times": ALWAYS}, BooksUnavailable),
        ("maintenance", "Invoices", {"times": ALWAYS}, BooksUnavailable),
        ("unavailable", "Overpayments", {"times": ALWAYS}, BooksUnavailable),
        ("invalid grant", "token", {}, ConnectionBroken),
        ("server error", "token", {"times": ALWAYS}, BooksUnavailable),
        ("bad gateway", "token", {"times": ALWAYS}, BooksUnavailable),
        ("empty", "token", {}, BooksGarbled),
        ("empty", "Invoices", {}, BooksGarbled),
        ("empty", "Organisation", {}, BooksGarbled),
        ("drop", "Invoices", {"times": ALWAYS}, BooksUnavailable),
        ("drop", "token", {"times": ALWAYS}, BooksUnavailable),
        ("truncated", "Invoices", {}, BooksGarbled),
        ("truncated", "Contacts", {}, BooksGarbled),
        ("wrong type", "Payments", {}, BooksGarbled),
        ("wrong shape", "Invoices", {}, BooksGarbled),
        ("wrong shape", "Contacts", {}, BooksGarbled),
        ("wrong shape", "Prepayments", {}, BooksGarbled),
        ("duplicate row", "Invoices", {"times": ALWAYS, "page": 2}, BooksGarbled),
        ("missing row", "Invoices", {"times": ALWAYS, "page": 2}, BooksGarbled),
        ("missing row", "Payments", {"times": ALWAYS}, BooksGarbled),
        ("repeated page", "Invoices", {"times": ALWAYS, "page": 2}, BooksGarbled),
        ("item count", "Invoices", {"times": ALWAYS}, BooksGarbled),
        ("shrinking pages", "Invoices", {"times": ALWAYS}, BooksGarbled),
    ],
)
def test_no_snapshot_and_a_reason(
    quiet: XeroStage, kind: str, endpoint: str, more: dict[str, int], expected: type[BooksError]
) -> None:
    quiet.fault(kind, endpoint, **more)
    with pytest.raises(expected) as error:
        mirror_of(quiet.books(page_size=40), quiet.now)
    assert error.value.what.endswith(".") and error.value.todo.endswith(".")
    assert len(quiet.asked()) <= BUDGET
    assert quiet.clock.passed <= 900


@pytest.mark.parametrize(
    ("kind", "endpoint", "more"),
    [
        ("expired", "Invoices", {"page": 2}),
        ("unauthorised", "Contacts", {}),
        ("minute limit", "Invoices", {"value": 7}),
        ("minute limit", "Invoices", {"times": 2}),
        ("concurrent limit", "Payments", {}),
        ("server error", "Invoices", {"times": 2}),
        ("bad gateway", "Contacts", {}),
        ("offline", "Organisation", {}),
        ("maintenance", "Invoices", {}),
        ("server error", "token", {}),
        ("drop", "Invoices", {"page": 2}),
        ("drop", "token", {}),
        ("duplicate row", "Invoices", {"page": 2}),
        ("missing row", "Invoices", {"page": 2}),
        ("repeated page", "Invoices", {"page": 2}),
        ("endless pages", "Invoices", {"times": ALWAYS}),
        ("item count", "Payments", {}),
        ("shrinking pages", "Payments", {}),
    ],
)
def test_read_all_the_same(quiet: XeroStage, whole: Mirror, kind: str, endpoint: str, more: dict[str, int]) -> None:
    quiet.fault(kind, endpoint, **more)
    again = mirror_of(quiet.books(page_size=40), quiet.now)
    assert again.invoices == whole.invoices and again.payments == whole.payments and again.clients == whole.clients
    assert len(quiet.asked()) <= 2 * BUDGET


def test_unknown_values_are_never_chased_and_never_stop_the_reading(quiet: XeroStage) -> None:
    quiet.fault("unknown enum", times=ALWAYS)
    mirror = mirror_of(quiet.books(), quiet.now)
    assert mirror.invoices and not mirror.open
    assert not any(p.active for p in mirror.payments.values())


@pytest.mark.parametrize("minutes", [20, 240])
def test_stale_answers_lose_no_change(stage: XeroStage, minutes: int) -> None:
    """What the platform did not show yet is shown by a later reading, however far behind its data was."""
    mirror = mirror_of(stage.books(), stage.now)
    stage.later(timedelta(minutes=30))
    paid = mirror.open[0]
    stage.pay(paid)
    stage.later(timedelta(minutes=15))
    stage.fault("stale", times=ALWAYS, value=minutes)
    mirror.take(stage.books().read(mirror.watermark, stage.now, mirror.open))
    assert mirror.invoices[paid].is_open
    stage.control("faults", [])
    stage.later(timedelta(minutes=30))
    mirror.take(stage.books().read(mirror.watermark, stage.now, mirror.open))
    assert not mirror.invoices[paid].is_open


def test_a_broken_reading_leaves_no_watermark_behind(stage: XeroStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    stage.later(timedelta(minutes=30))
    stage.pay(mirror.open[0])
    stage.break_last_page()
    with pytest.raises(BooksUnavailable):
        Mirror().take(stage.books().read(mirror.watermark, stage.now, mirror.open))
    stage.control("faults", [])
    paid = mirror.open[0]
    mirror.take(stage.books().read(mirror.watermark, stage.now, mirror.open))
    assert not mirror.invoices[paid].is_open


def test_hours_of_waiting_are_left_to_the_next_sweep(quiet: XeroStage) -> None:
    quiet.fault("day limit", "Invoices", value=40000)
    with pytest.raises(BooksUnavailable) as error:
        mirror_of(quiet.books(), quiet.now)
    assert error.value.retry_after == 40000
    assert quiet.clock.slept == []
    assert len(quiet.asked("Invoices")) == 1


def test_a_short_wait_is_waited_exactly(quiet: XeroStage) -> None:
    quiet.fault("minute limit", "Invoices", value=7)
    mirror_of(quiet.books(), quiet.now)
    assert quiet.clock.slept == [7.0]


def test_a_fault_in_the_last_look_lets_nothing_through(quiet: XeroStage) -> None:
    books = quiet.books()
    mirror = mirror_of(books, quiet.now)
    for kind in ("truncated", "missing row", "wrong shape"):
        quiet.fault(kind, "Invoices", times=ALWAYS)
        with pytest.raises(BooksGarbled):
            books.look(mirror.open[:5], [])


GOLDEN = {
    (
        "insufficient scope",
        "Payments",
    ): "This connection may not touch payments: a scope is missing (correlation id X). "
    "Add the scopes listed in the Xero connector's README to the application and connect again.",
    ("forbidden", "Organisation"): "Xero does not let this connection see the organisation (correlation id X). "
    "Check the tenant id; if somebody disconnected the application in Xero, connect it again.",
    ("wrong type", "Contacts"): "text/html came instead of contacts (correlation id X). "
    "Look for a proxy or a sign-in page between this machine and the platform.",
    ("empty", "Contacts"): "An empty answer came instead of contacts (correlation id X). "
    "Nothing needs doing: the next sweep tries again.",
    ("offline", "Invoices"): "Xero could not answer (503: The Organisation is offline) when asked for invoices "
    "(correlation id X). Nothing needs doing: the next sweep tries again.",
    ("invalid grant", "token"): "Xero no longer accepts this connection (invalid_grant). "
    "Connect this organisation again; nothing is sent for it until then.",
}


@pytest.mark.parametrize(("kind", "endpoint"), GOLDEN)
def test_what_a_person_reads(quiet: XeroStage, kind: str, endpoint: str) -> None:
    quiet.fault(kind, endpoint, times=ALWAYS)
    with pytest.raises(BooksError) as error:
        mirror_of(quiet.books(), quiet.now)
    text = str(error.value)
    if "(correlation id " in text:
        head, _, tail = text.partition("(correlation id ")
        text = f"{head}(correlation id X){tail.partition(')')[2]}"
    assert text == GOLDEN[kind, endpoint]
