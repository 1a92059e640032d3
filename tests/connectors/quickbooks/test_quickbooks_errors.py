"""Each fault has an expected end: read all the same, or no snapshot at all and a plain reason."""

import shutil
from collections.abc import Iterator
from datetime import timedelta

import pytest

from connectors.quickbooks import rows as row
from connectors.quickbooks.statements import OPEN
from connectors.quickbooks.walk import Walker
from tests.connectors.contract import Mirror, mirror_of
from tests.connectors.quickbooks.stage import QuickBooksStage, staged
from tests.connectors.stage import FakeClock
from worker.core.receivable import InvoiceStatus
from worker.errors import BooksError, BooksGarbled, BooksUnavailable, ConnectionBroken

ALWAYS = 0
BUDGET = 60  # requests of one reading, faults and all


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuickBooksStage]:
    yield from staged(tmp_path_factory.mktemp("tokens"), seeds=(7,))


@pytest.fixture(scope="module")
def whole(shared: QuickBooksStage) -> Mirror:
    shared.control("faults", [])
    return mirror_of(shared.books(), shared.now)


@pytest.fixture
def quiet(shared: QuickBooksStage, whole: Mirror) -> QuickBooksStage:
    """One sandbox for the tests that only read: nothing goes wrong in it yet, nothing was asked, no consent is dead."""
    shared.control("faults", [])
    shared.forget()
    shutil.rmtree(shared.folder, ignore_errors=True)
    shared.clock = FakeClock()
    return shared


@pytest.mark.parametrize(
    ("kind", "endpoint", "more", "expected"),
    [
        ("expired", "Invoice", {"times": ALWAYS}, ConnectionBroken),
        ("unauthorised", "Customer", {"times": ALWAYS}, BooksUnavailable),
        ("wrong cluster", "Invoice", {"times": ALWAYS}, BooksUnavailable),
        ("forbidden", "companyinfo", {}, ConnectionBroken),
        ("not admin", "preferences", {}, ConnectionBroken),
        ("lapsed", "Invoice", {}, ConnectionBroken),
        ("not found", "CreditMemo", {}, BooksGarbled),
        ("bad query", "Invoice", {}, BooksGarbled),
        ("fault in 200", "Payment", {}, BooksGarbled),
        ("throttled", "Invoice", {"times": ALWAYS}, BooksUnavailable),
        ("throttled", "Invoice", {"times": ALWAYS, "value": 7}, BooksUnavailable),
        ("throttled", "Invoice", {"value": 99999}, BooksUnavailable),
        ("throttled 403", "Payment", {"times": ALWAYS}, BooksUnavailable),
        ("throttled gateway", "Payment", {"times": ALWAYS}, BooksUnavailable),
        ("throttled bare", "Payment", {"times": ALWAYS}, BooksUnavailable),
        ("throttled in 200", "Payment", {"times": ALWAYS}, BooksUnavailable),
        ("quota", "Invoice", {}, BooksUnavailable),
        ("system fault", "Payment", {"times": ALWAYS}, BooksGarbled),
        ("server error", "Invoice", {"times": ALWAYS}, BooksUnavailable),
        ("bad gateway", "Invoice", {"times": ALWAYS}, BooksUnavailable),
        ("unavailable", "companyinfo", {"times": ALWAYS}, BooksUnavailable),
        ("sign-in page", "Invoice", {}, BooksGarbled),
        ("xml", "Invoice", {}, BooksGarbled),
        ("invalid grant", "token", {}, ConnectionBroken),
        ("server error", "token", {"times": ALWAYS}, BooksUnavailable),
        ("bad gateway", "token", {"times": ALWAYS}, BooksUnavailable),
        ("empty", "token", {}, BooksGarbled),
        ("drop", "token", {"times": ALWAYS}, BooksUnavailable),
        ("empty", "Invoice", {}, BooksGarbled),
        ("empty", "preferences", {}, BooksGarbled),
        ("drop", "Invoice", {"times": ALWAYS}, BooksUnavailable),
        ("truncated", "Invoice", {}, BooksGarbled),
        ("truncated", "Customer", {}, BooksGarbled),
        ("wrong type", "Payment", {}, BooksGarbled),
        ("wrong shape", "Invoice", {}, BooksGarbled),
        ("wrong shape", "CreditMemo", {}, BooksGarbled),
        ("duplicate row", "Invoice", {"times": ALWAYS}, BooksGarbled),
        ("missing row", "Invoice", {"times": ALWAYS}, BooksGarbled),
        ("missing row", "Payment", {"times": ALWAYS}, BooksGarbled),
    ],
)
def test_no_snapshot_and_a_reason(
    quiet: QuickBooksStage, kind: str, endpoint: str, more: dict[str, int], expected: type[BooksError]
) -> None:
    quiet.fault(kind, endpoint, **more)
    if endpoint == "token":  # make sure one is asked for
        quiet.clock.passed = 7200.0
    with pytest.raises(expected) as error:
        mirror_of(quiet.books(), quiet.now)
    assert error.value.what.endswith(".") and error.value.todo.endswith(".")
    assert len(quiet.asked()) <= BUDGET
    # A lost answer to a rotation is asked for again for 25 minutes, inside the grace; everything else gives up sooner.
    assert quiet.clock.passed <= (7200 + 1600 if endpoint == "token" else 900)
    assert "do-not-log-me" not in str(error.value)


@pytest.mark.parametrize(
    ("kind", "endpoint", "more"),
    [
        ("expired", "Invoice", {}),
        ("unauthorised", "Customer", {}),
        ("wrong cluster", "Payment", {}),
        ("throttled", "Invoice", {}),
        ("throttled 403", "Invoice", {"times": 2}),
        ("throttled gateway", "Payment", {}),
        ("throttled bare", "Customer", {}),
        ("throttled in 200", "CreditMemo", {}),
        ("server error", "Invoice", {"times": 2}),
        ("system fault", "Invoice", {}),
        ("bad gateway", "Customer", {}),
        ("unavailable", "companyinfo", {}),
        ("drop", "Invoice", {}),
        ("drop", "token", {}),
        ("missing row", "Invoice", {}),
        ("extra fields", "Invoice", {"times": ALWAYS}),
        ("extra fields", "Customer", {"times": ALWAYS}),
    ],
)
def test_read_all_the_same(
    quiet: QuickBooksStage, whole: Mirror, kind: str, endpoint: str, more: dict[str, int]
) -> None:
    quiet.fault(kind, endpoint, **more)
    again = mirror_of(quiet.books(), quiet.now)
    assert again.invoices == whole.invoices and again.payments == whole.payments and again.clients == whole.clients
    assert len(quiet.asked()) <= BUDGET


def test_a_minute_is_waited_for_twice_at_most(quiet: QuickBooksStage) -> None:
    quiet.fault("throttled", "Invoice", times=ALWAYS)
    with pytest.raises(BooksUnavailable):
        mirror_of(quiet.books(), quiet.now)
    assert len(quiet.clock.slept) == 2 and all(60 <= s <= 65 for s in quiet.clock.slept)
    assert len(quiet.asked("FROM Invoice")) == 3


def test_a_spent_month_is_not_waited_for(quiet: QuickBooksStage) -> None:
    quiet.fault("quota", "Invoice", times=ALWAYS)
    with pytest.raises(BooksUnavailable, match="month"):
        mirror_of(quiet.books(), quiet.now)
    assert quiet.clock.slept == [] and len(quiet.asked("FROM Invoice")) == 1


def test_unknown_values_are_never_taken_for_sent(quiet: QuickBooksStage, whole: Mirror) -> None:
    quiet.fault("unknown enum", "Invoice", times=ALWAYS)
    mirror = mirror_of(quiet.books(), quiet.now)
    assert mirror.open == whole.open
    assert all(i.sent is None for i in mirror.invoices.values())


# --- one row that spoils all others -----------------------------------------------------------------------------------


def test_one_spoilt_invoice_is_found_and_left_out(quiet: QuickBooksStage, whole: Mirror) -> None:
    bad = whole.open[17]
    quiet.fault("spoilt row", times=ALWAYS, value=bad)
    reading, shown, warnings = quiet.books().read(None, quiet.now), set(), []
    for page in reading.pages():
        shown.update(i.id for i in page.invoices)
        warnings.extend(page.warnings)
    assert shown == set(whole.open) - {bad}
    (warning,) = warnings
    assert warning.startswith("One invoice is left out and not chased.") and "4002" in warning
    assert len(quiet.asked("FROM Invoice")) <= 30


def test_a_spoilt_invoice_the_mirror_knows_is_named(quiet: QuickBooksStage, whole: Mirror) -> None:
    bad = whole.open[17]
    quiet.fault("spoilt row", times=ALWAYS, value=bad)
    warnings = [w for p in quiet.books().read(None, quiet.now, whole.open).pages() for w in p.warnings]
    assert any(f"One invoice {bad} is left out" in w for w in warnings)


@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_a_spoilt_row_anywhere_in_small_pages(quiet: QuickBooksStage, whole: Mirror, size: int) -> None:
    for bad in (whole.open[0], whole.open[-1]):
        quiet.fault("spoilt row", times=ALWAYS, value=bad)
        walker = Walker(quiet.books()._api, size)
        shown = {r.Id for page in walker.everything(row.InvoiceRow, "Invoice", [OPEN]) for r in page}
        assert shown == set(whole.open) - {bad}


def test_a_spoilt_customer_is_left_out_but_money_never_is(quiet: QuickBooksStage, whole: Mirror) -> None:
    bad = sorted(whole.clients)[3]
    quiet.fault("spoilt row", "Customer", times=ALWAYS, value=bad)
    assert set(mirror_of(quiet.books(), quiet.now).clients) == set(whole.clients) - {bad}
    quiet.fault("spoilt row", "Payment", times=ALWAYS, value=sorted(whole.payments)[3])
    with pytest.raises(BooksGarbled, match="4002"):
        mirror_of(quiet.books(), quiet.now)


def test_a_spoilt_row_among_changes_makes_everything_be_read(stage: QuickBooksStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    bad, paid = [i for i in mirror.open if not mirror.invoices[i].paid][:2]
    stage.later(timedelta(hours=1))
    stage.event("invoice.edit", bad, due="2026-12-24")
    stage.pay(paid)
    stage.fault("spoilt row", times=ALWAYS, value=bad)
    mirror.take(stage.books().read(mirror.watermark, stage.now, mirror.open))
    assert mirror.full and mirror.invoices[paid].status is InvoiceStatus.PAID
    assert bad not in mirror.open


def test_the_last_look_drops_a_spoilt_invoice_and_keeps_the_others(quiet: QuickBooksStage, whole: Mirror) -> None:
    bad = whole.open[3]
    quiet.fault("spoilt row", times=ALWAYS, value=bad)
    look = quiet.books().look(whole.open[:8], [])
    assert set(look.invoices) == set(whole.open[:8]) - {bad}


def test_a_fault_in_the_last_look_lets_nothing_through(quiet: QuickBooksStage, whole: Mirror) -> None:
    for kind in ("truncated", "wrong shape", "duplicate row", "fault in 200"):
        quiet.fault(kind, "Invoice", times=ALWAYS)
        with pytest.raises(BooksGarbled):
            quiet.books().look(whole.open[:5], [])


def test_a_broken_link_never_stops_a_message(quiet: QuickBooksStage, whole: Mirror) -> None:
    quiet.fault("server error", "invoice", times=ALWAYS)
    quiet.books().prepare(whole.open[:3])


def test_a_broken_reading_leaves_no_watermark_behind(stage: QuickBooksStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    stage.later(timedelta(minutes=30))
    stage.pay(paid := mirror.open[0])
    stage.fault("truncated", "cdc")
    with pytest.raises(BooksGarbled):
        Mirror().take(stage.books().read(mirror.watermark, stage.now, mirror.open))
    mirror.take(stage.books().read(mirror.watermark, stage.now, mirror.open))
    assert not mirror.invoices[paid].is_open


GOLDEN = {
    ("forbidden", "Invoice"): "QuickBooks does not let this connection see Invoice rows (correlation id X). Check the "
    "company's id (realm) and that keys and address are both for production or both for a sandbox; if somebody "
    "disconnected the application, connect it again.",
    ("not admin", "Invoice"): "Whoever connected QuickBooks may no longer do so (correlation id X). Somebody who "
    "administers the company must connect it again.",
    ("lapsed", "Invoice"): "The company's QuickBooks subscription has lapsed, or this is the wrong environment "
    "(correlation id X). Ask its owner; sandbox companies need development keys and the sandbox address, real ones "
    "neither.",
    ("quota", "Invoice"): "This month's calls to QuickBooks are used up (correlation id X). Look at the app's usage in "
    "Intuit's developer portal: calls come back next month, or with a larger plan.",
    ("throttled", "Invoice"): "QuickBooks throttles us (429) when asked for Invoice rows (correlation id X). The next "
    "sweep tries again; should it go on, the month's calls may be used up. Look at the app's usage in Intuit's "
    "developer portal: calls come back next month, or with a larger plan.",
    ("expired", "Invoice"): "QuickBooks rejects even a fresh access token when asked for Invoice rows (correlation id "
    "X). Connect this organisation again.",
    ("bad query", "Invoice"): "QuickBooks refused to answer (4001: Invalid query) when asked for Invoice rows "
    "(correlation id X). Report this: it is a request QuickBooks does not understand.",
    (
        "missing row",
        "Payment",
    ): "The rows of Payment do not add up: N different rows came and N were announced. Nothing "
    "is sent for this organisation until a reading adds up: the next sweep tries again.",
}


@pytest.mark.parametrize(("kind", "endpoint"), GOLDEN)
def test_what_a_person_reads(quiet: QuickBooksStage, kind: str, endpoint: str) -> None:
    quiet.fault(kind, endpoint, times=ALWAYS)
    with pytest.raises(BooksError) as error:
        mirror_of(quiet.books(), quiet.now)
    text = str(error.value)
    if "(correlation id " in text:
        head, _, tail = text.partition("(correlation id ")
        text = f"{head}(correlation id X){tail.partition(')')[2]}"
    if kind == "missing row":
        text = " ".join("N" if word.isdecimal() else word for word in text.split())
    assert text == GOLDEN[kind, endpoint]
