"""One question an hour and its traps, the nightly count, windows, budgets and tokens, against the sandbox."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.grants import grant_name
from connectors.quickbooks import QuickBooksBooks, open_books
from connectors.quickbooks.statements import stamp
from connectors.sandbox.quickbooks_json import digits
from tests.connectors.contract import Mirror, mirror_of
from tests.connectors.quickbooks.stage import QuickBooksStage, staged
from tests.connectors.stage import FakeClock, Links
from tests.vault.support import file_tokens
from worker.core.receivable import CreditKind, InvoiceStatus, PaymentKind
from worker.errors import ConnectionBroken

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)


def read_on(stage: QuickBooksStage, mirror: Mirror, **more: object) -> Mirror:
    return mirror.take(stage.books(**more).read(mirror.watermark, stage.now, mirror.open))


def digits_of(stage: QuickBooksStage, number: str) -> str:
    return digits(stage.running.world.books(stage.running.tenants[0]).invoice(number).id)


def untouched(mirror: Mirror) -> list[str]:
    return [i for i in mirror.open if not mirror.invoices[i].paid]


def test_a_quiet_hour_costs_one_call(stage: QuickBooksStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    stage.later(HOUR)
    stage.forget()
    read_on(stage, mirror)
    assert not mirror.full
    (asked,) = stage.asked()
    assert asked["path"].endswith("/cdc") and asked["query"]["entities"] == "Invoice,Payment,CreditMemo,Customer,Term"


def test_a_new_day_costs_two_more(stage: QuickBooksStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    stage.later(DAY)
    stage.forget()
    read_on(stage, mirror)
    assert not mirror.full
    assert len(stage.asked()) == 3
    assert stage.statements() == ["SELECT COUNT(*) FROM Invoice WHERE Balance > '0'"]


def test_a_first_reading_is_a_handful_of_questions(stage: QuickBooksStage) -> None:
    books = stage.books()
    mirror = mirror_of(books, stage.now)
    assert mirror.full and mirror.organisation
    assert (mirror.organisation.zone, mirror.organisation.country) == ("Europe/London", "GB")
    assert mirror.organisation.base_currency == "GBP"
    assert len(stage.asked()) <= 14
    assert books.usage["reading"].answered == len(stage.asked())


def test_what_is_metered_is_what_we_count(stage: QuickBooksStage) -> None:
    books = stage.books()
    mirror = mirror_of(books, stage.now)
    books.look(mirror.open[:3], [])
    books.prepare(mirror.open[:2])
    stage.fault("bad query", "cdc")
    stage.later(HOUR)
    with pytest.raises(Exception, match="4001"):
        mirror_of(books, stage.now, mirror.watermark, mirror.open)
    books.pdf(mirror.open[0])
    counted = sum(u.answered for name, u in books.usage.items() if name != "token")
    assert counted == stage.running.quickbooks.metered[stage.running.tenants[0]]
    assert sum(books.usage[name].answered for name in ("last look", "pay link")) == 3


def test_an_edit_shows_within_the_hour(stage: QuickBooksStage) -> None:
    """Even of a part-paid invoice: QuickBooks marks every change."""
    mirror = mirror_of(stage.books(), stage.now)
    edited = next(i for i in mirror.open if mirror.invoices[i].paid)
    stage.later(HOUR)
    stage.event("invoice.edit", edited, due="2026-12-24")
    assert read_on(stage, mirror).invoices[edited].due.isoformat() == "2026-12-24"


# --- what an invoice can turn into ------------------------------------------------------------------------------------


def test_voided_deleted_and_paid_are_told_apart(stage: QuickBooksStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    void, gone, paid = untouched(mirror)[:3]
    stage.later(HOUR)
    stage.event("invoice.void", void)
    stage.event("invoice.remove", gone)
    stage.pay(paid)
    read_on(stage, mirror)
    assert mirror.invoices[void].status is InvoiceStatus.VOID
    assert mirror.invoices[paid].status is InvoiceStatus.PAID
    assert gone not in mirror.invoices
    assert not mirror.full, "a deletion costs no more than confirming it"
    assert any(a.invoice_id == paid for p in mirror.payments.values() for a in p.allocations)
    assert not any(a.invoice_id in {void, gone} for p in mirror.payments.values() for a in p.allocations)


def test_what_is_wrongly_called_deleted_lives(stage: QuickBooksStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    edited = untouched(mirror)[0]
    stage.later(HOUR)
    stage.event("invoice.edit", edited, due="2026-12-24")
    stage.fault("called deleted", "cdc", value=edited)
    read_on(stage, mirror)
    assert mirror.invoices[edited].is_open and mirror.invoices[edited].due.isoformat() == "2026-12-24"


def test_a_deleted_draft_nobody_knew_is_no_news(stage: QuickBooksStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    stage.later(HOUR)
    lines = [{"description": "x", "net": "1", "tax": "0"}]
    contact = mirror.invoices[mirror.open[0]].client_id
    more = {"issued": "2026-10-01", "due": "2026-10-31", "number": "D-1", "contact": contact, "lines": lines}
    stage.event("invoice.add", "", **more)
    stage.event("invoice.delete", "D-1")
    assert digits_of(stage, "D-1") not in read_on(stage, mirror).invoices and not mirror.full


def test_a_deletion_is_confirmed_once(stage: QuickBooksStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    stage.later(HOUR)
    stage.pay(paid := untouched(mirror)[0])
    read_on(stage, mirror)
    payment = next(p for p in mirror.payments.values() if any(a.invoice_id == paid for a in p.allocations))
    stage.later(6 * HOUR)
    stage.event("payment.delete", payment.id)
    confirmed = []
    for _ in range(3):
        stage.forget()
        read_on(stage, mirror)
        confirmed.append(len(stage.asked("FROM Payment")))
        stage.later(MINUTE)
    assert confirmed == [1, 0, 0] and not mirror.payments[payment.id].active


def test_a_deleted_payment_opens_the_invoice_again(stage: QuickBooksStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    again = untouched(mirror)[0]
    stage.later(HOUR)
    stage.pay(again)
    read_on(stage, mirror)
    payment = next(p for p in mirror.payments.values() if any(a.invoice_id == again for a in p.allocations))
    stage.later(HOUR)
    stage.event("payment.delete", payment.id)
    read_on(stage, mirror)
    assert mirror.invoices[again].is_open and not mirror.payments[payment.id].active


def test_a_credit_set_against_an_invoice_thanks_nobody(stage: QuickBooksStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    found = mirror.invoices[untouched(mirror)[0]]
    stage.later(HOUR)
    total = {"total": str(found.open), "currency": found.currency, "number": "CN-9999"}
    stage.event("credit.add", "k", kind="note", contact=found.client_id, date="2026-10-01", **total)
    read_on(stage, mirror)
    assert mirror.credits[digits("k")].remaining == found.open
    stage.later(HOUR)
    stage.event("credit.allocate", "k", invoice=found.id, amount=str(found.open), allocation="a")
    read_on(stage, mirror)
    assert mirror.invoices[found.id].status is InvoiceStatus.PAID
    payment = mirror.payments[digits("a")]
    assert (payment.kind, payment.amount, payment.allocations[0].invoice_id) == (PaymentKind.OTHER, 0, found.id)
    assert not mirror.credits[digits("k")].live


def test_money_on_account_is_held_until_it_is_applied(stage: QuickBooksStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    held = [c for c in mirror.credits.values() if c.kind is CreditKind.UNAPPLIED_PAYMENT and c.live]
    assert {str(c.remaining) for c in held} == {"250.0", "300.0"}
    found = next(i for i in mirror.invoices.values() if i.is_open and not i.paid and i.currency == "GBP")
    stage.later(HOUR)
    total = {"total": str(found.open), "currency": "GBP", "number": ""}
    stage.event("credit.add", "k", kind="prepayment", contact=found.client_id, date="2026-10-01", **total)
    read_on(stage, mirror)
    assert mirror.credits[f"payment-{digits('k')}"].remaining == found.open
    assert mirror.payments[digits("k")].kind is PaymentKind.MONEY
    stage.later(HOUR)
    stage.event("credit.allocate", "k", invoice=found.id, amount=str(found.open), allocation="a")
    read_on(stage, mirror)
    assert not mirror.credits[f"payment-{digits('k')}"].live and not mirror.invoices[found.id].is_open


def test_one_payment_of_a_batch_names_all_its_invoices(stage: QuickBooksStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    several = [p for p in mirror.payments.values() if len(p.allocations) > 1]
    assert several
    assert all(sum(a.amount for a in p.allocations) == p.amount for p in several)


def test_sub_customers_know_who_is_billed(stage: QuickBooksStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    parent = next(c for c in mirror.clients.values() if c.name == "Bracken Holdings")
    subs = [c for c in mirror.clients.values() if c.parent_id == parent.id]
    assert sorted(c.name for c in subs) == ["Bracken Hotels (North)", "Bracken Hotels (South)"]
    assert all(c.billed_with_parent for c in subs)
    archived = next(c for c in mirror.clients.values() if c.archived)
    assert "(deleted)" not in archived.name
    legal = next(c for c in mirror.clients.values() if c.name == "Sterling Cross Legal")
    assert len(legal.people) == 2 and legal.email.startswith("accounts@")


# --- the traps of changes ---------------------------------------------------------------------------------------------


def test_more_changes_than_one_answer_tells(stage: QuickBooksStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand objects and not a word about the rest: go on by entity, deletions included."""
    mirror = mirror_of(stage.books(), stage.now)
    for name in ("connectors.quickbooks.reading._CUT", "connectors.sandbox.quickbooks_view.CUT"):
        monkeypatch.setattr(name, 6)
    spare = untouched(mirror)
    for at in range(12):
        stage.later(MINUTE * 10)
        stage.pay(spare[at])
    stage.event("invoice.remove", spare[12])
    stage.forget()
    read_on(stage, mirror)
    assert not mirror.full and not set(mirror.open) & set(spare[:13])
    assert sorted(mirror.open) == sorted(mirror_of(stage.books(), stage.now).open)
    assert 5 < len(stage.asked("cdc")) < 20


def test_more_changes_in_one_second_than_can_be_told(stage: QuickBooksStage, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    for name in ("connectors.quickbooks.reading._CUT", "connectors.sandbox.quickbooks_view.CUT"):
        monkeypatch.setattr(name, 6)
    stage.later(HOUR)
    for invoice_id in (spare := untouched(mirror)[:8]):
        stage.pay(invoice_id)
    read_on(stage, mirror)
    assert mirror.full and not set(mirror.open) & set(spare)


@pytest.mark.parametrize("days", [28, 31, 90])
def test_changes_are_kept_for_thirty_days(stage: QuickBooksStage, days: int) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    stage.later(days * DAY)
    still_open = mirror_of(stage.books(), stage.now).open
    paid = next((i for i in untouched(mirror) if i in still_open), None)
    if paid:
        stage.pay(paid)
    stage.forget()
    read_on(stage, mirror)
    assert bool(stage.asked("cdc")) == (days < 30)
    assert mirror.full == (days >= 30) and (paid or days == 90) and paid not in mirror.open


def test_refused_for_being_too_old_everything_is_read(stage: QuickBooksStage) -> None:
    """Our clock may be slow; QuickBooks' word counts."""
    mirror = mirror_of(stage.books(), stage.now)
    stage.later(31 * DAY)
    mirror.take(stage.books().read(mirror.watermark, stage.now - 20 * DAY, mirror.open))
    assert mirror.full


def test_a_quiet_company_never_falls_out_of_the_thirty_days(stage: QuickBooksStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    for _ in range(4):
        stage.later(2 * DAY)
        before = json.loads(mirror.watermark)["since"]
        stage.fault("stale", "cdc", times=0, value=60 * 24 * 400)
        read_on(stage, mirror)
        assert json.loads(mirror.watermark)["since"] >= before
    assert json.loads(mirror.watermark)["since"] >= (stage.now - DAY).isoformat()


@pytest.mark.parametrize("minutes", [30, 240])
def test_stale_answers_lose_no_change(stage: QuickBooksStage, minutes: int) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    stage.later(30 * MINUTE)
    paid = mirror.open[0]
    stage.pay(paid)
    stage.later(20 * MINUTE)  # well beyond the overlap
    stage.fault("stale", times=0, value=minutes)
    read_on(stage, mirror)
    assert mirror.invoices[paid].is_open
    stage.control("faults", [])
    stage.later(30 * MINUTE)
    assert not read_on(stage, mirror).invoices[paid].is_open


def test_the_nightly_count_finds_what_changes_hid(stage: QuickBooksStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    lost = untouched(mirror)[0]
    kept = mirror.invoices.pop(lost)
    stage.later(HOUR)
    assert not read_on(stage, mirror).full
    stage.later(DAY)
    read_on(stage, mirror)
    assert mirror.full and mirror.invoices[lost] == kept


def test_the_watermark_is_quickbooks_time_never_ours(stage: QuickBooksStage) -> None:
    right, wrong = mirror_of(stage.books(), stage.now), mirror_of(stage.books(), stage.now + 365 * DAY)
    assert json.loads(right.watermark)["since"] == json.loads(wrong.watermark)["since"] <= stage.now.isoformat()


def test_a_mark_from_the_future_heals(stage: QuickBooksStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    mirror.watermark = mirror.watermark.replace("2026", "2029")
    read_on(stage, mirror)
    stage.later(HOUR)
    stage.pay(paid := mirror.open[0])
    assert not read_on(stage, mirror).invoices[paid].is_open


def test_other_books_behind_the_same_settings_are_refused(stage: QuickBooksStage) -> None:
    mirror = mirror_of(stage.books(1), stage.now)
    with pytest.raises(ConnectionBroken, match="other books"):
        mirror_of(stage.books(0), stage.now, mirror.watermark)


def test_keys_of_another_company_are_refused(stage: QuickBooksStage) -> None:
    with pytest.raises(ConnectionBroken, match="does not let this connection see"):
        mirror_of(stage.books(0, refresh_token=stage.refresh[1]), stage.now)


# --- windows ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [29, 400])
def test_small_pages_show_the_same(stage: QuickBooksStage, size: int) -> None:
    whole = mirror_of(stage.books(), stage.now)
    small = mirror_of(stage.books(page_size=size), stage.now)
    assert small.invoices == whole.invoices and small.clients == whole.clients and small.payments == whole.payments


def test_offsets_are_used_only_inside_one_second(stage: QuickBooksStage) -> None:
    """Most pages begin at 1; the customers, who all came at once, are an import."""
    mirror_of(stage.books(page_size=17), stage.now)
    invoices = [s for s in stage.statements() if "FROM Invoice" in s and "COUNT" not in s]
    assert len(invoices) > 5 and all("STARTPOSITION 1 " in s for s in invoices)
    terms = [s for s in stage.statements() if "FROM Term" in s and "COUNT" not in s]
    assert len(terms) == 1
    stage.forget()
    next(iter(stage.books(page_size=2).read(None, stage.now)._everything()))
    terms = [s for s in stage.statements() if "FROM Term" in s and "COUNT" not in s]
    assert any("STARTPOSITION 3 " in s for s in terms), "all terms carry one second"


def test_a_change_in_the_middle_of_a_walk_skips_nobody(stage: QuickBooksStage) -> None:
    """With offsets the rows after the one that moved would slip through."""
    whole = mirror_of(stage.books(), stage.now)
    stage.forget()
    books, seen, moved = stage.books(page_size=20), Mirror(), ""
    for page in books.read(None, stage.now).pages():
        seen.invoices.update((i.id, i) for i in page.invoices)
        if page.invoices and not moved:
            moved = page.invoices[0].id
            stage.later(MINUTE)
            stage.event("invoice.edit", moved, due="2026-12-24")
    assert set(seen.invoices) == set(whole.open)
    assert seen.invoices[moved].due.isoformat() == "2026-12-24"
    assert len(stage.asked("COUNT(*) FROM Invoice")) == 1, "the first walk added up"


# --- last looks and links -----------------------------------------------------------------------------------------


def test_a_last_look_at_many_is_asked_in_hundreds(stage: QuickBooksStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    ids = [*mirror.open, *(str(n) for n in range(1, 202 - len(mirror.open)))]
    books = stage.books()
    stage.forget()
    assert sorted(books.look(ids, []).invoices) == sorted(mirror.open)
    assert len(stage.asked()) == 3


def test_a_last_look_sees_a_void_and_a_deletion(stage: QuickBooksStage) -> None:
    mirror = mirror_of(stage.books(), stage.now)
    void, gone = untouched(mirror)[:2]
    stage.event("invoice.void", void)
    stage.event("invoice.remove", gone)
    look = stage.books().look([void, gone], [])
    assert list(look.invoices) == [void] and not look.invoices[void].is_open


def test_pay_links_are_fetched_singly_and_once(stage: QuickBooksStage) -> None:
    books = stage.books()
    mirror = mirror_of(books, stage.now)
    wanted = [i for i in mirror.open if mirror.clients[mirror.invoices[i].client_id].email][:3]
    stage.forget()
    books.prepare(wanted)
    assert [e["query"]["include"] for e in stage.asked()] == ["invoiceLink"] * 3
    first = books.look(wanted, [])
    assert all(i.url.startswith("https://") for i in first.invoices.values())
    stage.forget()
    books.prepare(wanted)
    assert stage.asked() == []


def test_an_invoice_without_a_page_is_asked_about_once(stage: QuickBooksStage) -> None:
    books = stage.books()
    mirror = mirror_of(books, stage.now)
    silent = next(i for i in mirror.open if not mirror.clients[mirror.invoices[i].client_id].email)
    stage.forget()
    books.prepare([silent])
    books.prepare([silent])
    assert len(stage.asked()) == 1 and books.look([silent], []).invoices[silent].url == ""


# --- tokens -------------------------------------------------------------------------------------------------------


def test_the_daily_new_value_is_kept_and_used(stage: QuickBooksStage) -> None:
    first = stage.refresh[0]
    store, name = file_tokens(stage.folder), grant_name("quickbooks", stage.running.client_id, first)
    values = []
    mirror = mirror_of(stage.books(), stage.now)
    for _ in range(5):
        stage.later(timedelta(hours=13))
        read_on(stage, mirror)
        kept = store.load(name)
        assert kept
        values.append(kept.refresh.reveal())
    assert len(set(values)) > 2 and first not in values[1:]


def test_a_token_that_ends_in_the_middle_is_renewed(tmp_path: Path) -> None:
    for stage in staged(tmp_path, tick=600.0):  # six requests and a token is over
        assert mirror_of(stage.books(page_size=25), stage.now).open
        tokens = [e for e in stage.running.world.log if e["path"].startswith("/oauth2/")]
        assert len(tokens) >= 2 and {e["status"] for e in tokens} == {200}


def test_a_second_process_goes_on_with_the_kept_token(stage: QuickBooksStage) -> None:
    mirror_of(stage.books(), stage.now)
    stage.forget()
    mirror_of(stage.books(), stage.now)
    assert not [e for e in stage.running.world.log if e["path"].startswith("/oauth2/")]


# --- opening ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"realm": ""}, "'' is not the id of a QuickBooks company. Give the realm id shown when the company was "
         "connected: digits only."),
        ({"realm": "12/../9"}, "'12/../9' is not the id of a QuickBooks company. Give the realm id shown when the "
         "company was connected: digits only."),
        ({"client_id": ""}, "The QuickBooks connection has no client id. "
         "Give the client id of your Intuit application."),
        ({"zone": "Bristol"}, "There is no time zone 'Bristol'. Give an IANA name such as America/New_York."),
        ({"api_url": "http://books.example.com"}, "'books.example.com' is not reached over https. "
         "Give an https address."),
    ],
)  # fmt: skip
def test_what_cannot_work_is_said_at_once(more: dict[str, Any], text: str, tmp_path: Path) -> None:
    options = {"realm": "9", "client_id": "id", "client_secret": "word", "refresh_token": "AB", **more}
    with pytest.raises(ConnectionBroken) as error:
        open_books(options, FakeClock(), file_tokens(tmp_path), Links())
    assert str(error.value) == text


def test_intuits_own_sandbox_is_a_demo(tmp_path: Path) -> None:
    options = {"realm": "9", "client_id": "id", "api_url": "https://sandbox-quickbooks.api.intuit.com"}
    books = open_books(options, FakeClock(), file_tokens(tmp_path), Links())
    assert isinstance(books, QuickBooksBooks) and books.read(None, FakeClock().now())._demo
    assert (
        not open_books({"realm": "9", "client_id": "id"}, FakeClock(), file_tokens(tmp_path), Links())
        .read(None, FakeClock().now())
        ._demo
    )


def test_the_face_says_when_it_does_not_know_json(stage: QuickBooksStage) -> None:
    realm = stage.running.realms[0]
    with stage.running.world.lock:
        token = stage.running.quickbooks.bearers.access(realm, stage.running.world.clock.service)
    url = f"{stage.running.url}/v3/company/{realm}/companyinfo/{realm}"
    answer = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=5)
    assert answer.headers["Content-Type"].startswith("application/xml") and "<CompanyName>" in answer.text
    assert stamp(stage.now).startswith("2026-10-01T08:00:00")
