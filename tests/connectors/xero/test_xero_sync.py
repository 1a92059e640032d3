"""Incremental reading, silent edits, the daily and weekly re-reads, budgets and tokens, against the sandbox."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.grants import grant_name
from connectors.sandbox.limits import Limits
from tests.connectors.contract import Mirror, mirror_of
from tests.connectors.xero.stage import XeroStage, staged
from tests.vault.support import file_tokens
from worker.core.receivable import InvoiceStatus
from worker.errors import BooksUnavailable, ConnectionBroken

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def read_on(stage: XeroStage, mirror: Mirror) -> Mirror:
    return mirror.take(stage.books().read(mirror.watermark, stage.now, mirror.open))


def part_paid(mirror: Mirror) -> str:
    return next(i for i in mirror.open if mirror.invoices[i].paid and mirror.invoices[i].due)


def test_a_quiet_hour_costs_one_request_a_resource(stage: XeroStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    stage.later(timedelta(minutes=30))
    read_on(stage, mirror)
    stage.later(timedelta(minutes=30))
    stage.forget()
    read_on(stage, mirror)
    assert not mirror.full
    asked = [e["path"].rpartition("/")[2] for e in stage.asked()]
    assert sorted(asked) == sorted(
        ["Organisation", "Invoices", "Payments", "CreditNotes", "Overpayments", "Prepayments", "Contacts"]
    )
    assert not any("Statuses" in e["query"] for e in stage.asked("Invoices"))


def test_an_edit_that_xero_marks_shows_within_the_hour(stage: XeroStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    untouched = next(i for i in mirror.open if not mirror.invoices[i].paid and not mirror.invoices[i].credited)
    stage.later(HOUR)
    stage.event("invoice.edit", untouched, due="2026-12-24")
    assert read_on(stage, mirror).invoices[untouched].due.isoformat() == "2026-12-24"


def test_a_silent_edit_shows_on_the_next_day(stage: XeroStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    edited = part_paid(mirror)
    stage.later(HOUR)
    stage.event("invoice.edit", edited, due="2026-12-24")
    before = mirror.invoices[edited].due
    assert read_on(stage, mirror).invoices[edited].due == before
    stage.later(DAY)
    assert read_on(stage, mirror).invoices[edited].due.isoformat() == "2026-12-24"
    assert mirror.full


def test_the_last_look_sees_a_silent_edit_at_once(stage: XeroStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    edited = part_paid(mirror)
    stage.event("invoice.edit", edited, due="2026-12-24")
    assert stage.books().look([edited], []).invoices[edited].due.isoformat() == "2026-12-24"


def test_settled_by_credit_without_a_sign_is_found_the_next_day(stage: XeroStage) -> None:
    """A credit set against an invoice need not mark it as changed: its id is asked for when it is open no more."""
    mirror = mirror_of(stage.books(), stage.now)
    found = next(i for i in mirror.invoices.values() if i.is_open and not i.paid and not i.credited)
    stage.later(HOUR)
    total = {"total": str(found.open), "currency": found.currency, "number": "CN-9999"}
    stage.event("credit.add", "k", kind="note", contact=found.client_id, date="2026-10-01", **total)
    stage.later(HOUR)
    stage.event("credit.allocate", "k", invoice=found.id, amount=str(found.open), allocation="a")
    assert read_on(stage, mirror).invoices[found.id].is_open
    stage.later(DAY)
    stage.forget()
    settled = read_on(stage, mirror).invoices[found.id]
    assert (settled.status, settled.paid, settled.credited) == (InvoiceStatus.PAID, 0, found.open)
    assert [e["query"]["IDs"] for e in stage.asked("Invoices") if "IDs" in e["query"]] == [found.id]


def test_a_deleted_payment_opens_the_invoice_again(stage: XeroStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    again = mirror.open[0]
    stage.later(HOUR)
    stage.pay(again)
    read_on(stage, mirror)
    payment = next(
        p for p in mirror.payments.values() if any(a.invoice_id == again for a in p.allocations) and p.active
    )
    stage.later(HOUR)
    stage.event("payment.delete", payment.id)
    read_on(stage, mirror)
    assert mirror.invoices[again].is_open and not mirror.payments[payment.id].active


def test_contacts_are_read_whole_once_a_week(stage: XeroStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    whole = []
    for _ in range(8):
        stage.later(DAY)
        stage.forget()
        mirror.clients.clear()
        read_on(stage, mirror)
        whole.append(len(mirror.clients) > 50)
    assert whole == [False] * 6 + [True, False]


def test_the_watermark_is_xeros_time_never_ours(stage: XeroStage) -> None:
    """This machine's clock may be a year wrong: it decides about days only, never about which changes are asked for."""
    right, wrong = mirror_of(stage.books(), stage.now), mirror_of(stage.books(), stage.now + 365 * DAY)
    assert json.loads(right.watermark)["since"] == json.loads(wrong.watermark)["since"]
    assert max(json.loads(right.watermark)["since"].values()) <= stage.now.isoformat()


def test_a_mark_from_the_future_heals(stage: XeroStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    mirror.watermark = mirror.watermark.replace("2026", "2029")
    paid = mirror.open[0]
    read_on(stage, mirror)
    stage.later(HOUR)
    stage.pay(paid)
    assert not read_on(stage, mirror).invoices[paid].is_open


def test_other_books_behind_the_same_connection_are_refused(stage: XeroStage) -> None:
    mirror = mirror_of(stage.books(1), stage.now)
    with pytest.raises(ConnectionBroken, match="other books"):
        mirror_of(stage.books(0), stage.now, mirror.watermark)


def test_no_filter_hides_what_happened_to_an_open_invoice(stage: XeroStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    spare = [i for i in mirror.open if not mirror.invoices[i].paid and not mirror.invoices[i].credited]
    stage.later(HOUR)
    stage.event("invoice.void", spare[0])
    assert read_on(stage, mirror).invoices[spare[0]].status is InvoiceStatus.VOID


def test_requests_of_a_first_reading(stage: XeroStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    assert len(stage.asked()) <= 10
    (asked,) = [e["query"] for e in stage.asked("Invoices")]
    assert asked["Statuses"] == "AUTHORISED" and asked["summaryOnly"] == "true" and asked["pageSize"] == "1000"
    assert mirror.organisation and mirror.organisation.zone == "Europe/London"


def test_day_reserve_is_kept_for_last_looks(tmp_path: Path) -> None:
    for stage in staged(tmp_path, limits=Limits(day=108 + 4)):
        books = stage.books()
        mirror = mirror_of(books, stage.now)
        with pytest.raises(BooksUnavailable, match="kept for last looks"):
            mirror_of(books, stage.now)
        look = books.look(mirror.open[:5], [])
        assert len(look.invoices) == 5
        assert all(i.url == "" for i in look.invoices.values()), "addresses are not worth the reserve"


def test_pacing_keeps_below_the_minute_limit(tmp_path: Path) -> None:
    """A zero tick packs everything into one of Xero's minutes: we must stop by ourselves before call 61."""
    for stage in staged(tmp_path, tick=0.0):
        books = stage.books(page_size=5)
        reading = books.read(None, stage.now)
        for _ in reading.pages():
            if stage.clock.slept:
                break
        assert stage.clock.slept and stage.clock.slept[0] == pytest.approx(60.0)
        assert len(stage.asked()) <= 60
        assert all(e["status"] == 200 for e in stage.asked())


def test_pay_links_are_fetched_once(stage: XeroStage) -> None:
    books = stage.books()
    mirror = mirror_of(books, stage.now)
    books.prepare(mirror.open[:3])
    first = books.look(mirror.open[:3], [])
    assert all(i.url.startswith("https://") for i in first.invoices.values())
    stage.forget()
    books.prepare(mirror.open[:3])
    assert books.look(mirror.open[:3], []) == first
    assert len(stage.asked()) == 1


def test_a_last_look_at_many_is_asked_in_forties(stage: XeroStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    stage.links.update((i, "https://pay.example.com/x") for i in mirror.open)
    books, ids = stage.books(), mirror.open[:81]
    stage.forget()
    look = books.look(ids, [])
    assert len(look.invoices) == len(ids) == 81
    assert [len(e["query"]["IDs"].split(",")) for e in stage.asked("Invoices")] == [40, 40, 1]


def test_a_note_is_written_where_the_books_keep_history(stage: XeroStage) -> None:
    books = stage.books()
    mirror = mirror_of(books, stage.now)
    books.note(mirror.open[0], "Reminder 2 sent to ap@client.example.com")
    (_, note), *rest = stage.running.world.written
    assert (note.invoice, note.details, rest) == (mirror.open[0], "Reminder 2 sent to ap@client.example.com", [])


def test_the_history_of_an_invoice_is_read_as_it_is_written(stage: XeroStage) -> None:
    books = stage.books()
    invoice = mirror_of(books, stage.now).open[0]
    stage.event("note.add", invoice, changes="Invoice reminder", details="Reminder sent to ap@client.example.com")
    stage.forget()
    newest, *older = books.history(invoice)
    assert (newest.what, newest.details) == ("Invoice reminder", "Reminder sent to ap@client.example.com")
    assert newest.at == stage.now
    assert older[-1].what == "Created"
    assert [e["path"].rpartition("/")[2] for e in stage.asked()] == ["History"]
    assert books.usage["history"].calls == 1
    assert books.history("00000000-0000-4000-8000-000000000000") == ()


def test_a_note_is_never_written_twice_by_us(stage: XeroStage) -> None:
    books = stage.books()
    mirror = mirror_of(books, stage.now)
    stage.forget()
    stage.fault("server error", "History", method="PUT", times=0)
    with pytest.raises(BooksUnavailable):
        books.note(mirror.open[0], "once")
    assert len([e for e in stage.asked() if e["method"] == "PUT"]) == 1


def test_a_token_that_ends_in_the_middle_of_a_list_is_renewed(tmp_path: Path) -> None:
    for stage in staged(tmp_path, tick=300.0):  # six requests and a token is over
        first = stage.running.refresh_token()
        mirror = mirror_of(stage.books(refresh_token=first, page_size=25), stage.now)
        assert mirror.open
        asked = [e for e in stage.running.world.log if e["path"] == "/connect/token"]
        assert len(asked) >= 2 and {e["status"] for e in asked} == {200}
        kept = file_tokens(tmp_path).load(grant_name("xero", stage.running.client_id, first))
        assert kept and kept.generation == len(asked) and kept.refresh.reveal() != first


def test_a_second_process_goes_on_with_the_kept_token(stage: XeroStage) -> None:
    first = stage.running.refresh_token()
    mirror_of(stage.books(refresh_token=first), stage.now)
    stage.forget()
    mirror_of(stage.books(refresh_token=first), stage.now)
    assert not [e for e in stage.running.world.log if e["path"] == "/connect/token"]
