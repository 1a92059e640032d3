"""The story: the same every time, consistent however far it is told, and with everyone in it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sandbox.books import Books, Event, ImpossibleError
from connectors.sandbox.company import DEFAULT_START, Company
from connectors.sandbox.rundays import (
    bank_holidays,
    fortnightly,
    four_weekly,
    is_business_day,
    last_weekday,
    month_end,
    monthly,
    nth_business_day,
    nth_weekday,
    weekly,
)

NOW = datetime(2026, 10, 1, 8, tzinfo=UTC)
FAMILIES = {
    *("weekly", "twice weekly", "fortnightly", "four-weekly", "day of month", "last weekday", "nth weekday"),
    *("semi-monthly", "nth business day"),
}
TRAITS = {
    *("always late", "usually late", "disputes", "part pays", "credit exceeds debt", "some credit", "overpaid"),
    *("archived", "no e-mail", "direct debit", "parent", "subsidiary", "merged", "never sent", "draft", "voided"),
    *("credited only", "bank charge", "own domain", "supplier", "no reminders", "several people", "batch", "po"),
    *("expected date", "payment bounced", "prepaid"),
}


def sales(books: Books) -> list:
    return [invoice for invoice in books.invoices.values() if invoice.type == "ACCREC"]


def of(company: Company, books: Books, trait: str) -> list:
    return [invoice for invoice in sales(books) if invoice.contact == company.contact_id(trait)]


def test_same_seed_same_story_and_another_seed_another():
    told = [Company.simulate(seed, DEFAULT_START, date(2026, 3, 1)).events for seed in (7, 7, 8)]
    assert told[0] == told[1]
    assert told[0] != told[2]


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 99), st.integers(30, 500), st.integers(1, 120))
def test_a_longer_story_only_adds_to_a_shorter_one(seed, days, more):
    until = DEFAULT_START + timedelta(days=days)
    short = Company.simulate(seed, DEFAULT_START, until, clients=40)
    long = Company.simulate(seed, DEFAULT_START, until + timedelta(days=more), clients=40)
    assert long.events[: len(short.events)] == short.events
    assert all(event.at.date() > until for event in long.events[len(short.events) :])


@pytest.mark.parametrize("day", [date(2026, 9, 1), date(2026, 10, 1), date(2026, 12, 1)])
def test_the_size_of_the_demo_books(told, day):
    books = told.at(datetime(day.year, day.month, day.day, 8, tzinfo=UTC))
    year = [invoice for invoice in sales(books) if invoice.issued >= day - timedelta(days=365)]
    opened = [invoice for invoice in sales(books) if invoice.status == "AUTHORISED"]
    assert len(books.contacts) >= 60
    assert len(year) >= 400
    assert 150 <= len(opened) <= 250
    assert 30 <= sum(invoice.due < day for invoice in opened) < len(opened) / 2


def test_everyone_is_there(told):
    assert {truth.cycle.family for truth in told.truths if truth.cycle} == FAMILIES
    assert set().union(*(truth.traits for truth in told.truths)) >= TRAITS
    assert any(truth.cycle is None for truth in told.truths)


def test_what_each_trait_leaves_in_the_books(told):
    books = told.at(NOW)
    contacts, statuses = books.contacts, [invoice.status for invoice in sales(books)]
    credit = {c.kind: c for c in books.credits.values() if c.contact == told.contact_id("overpaid")}
    assert credit["overpayment"].remaining > 0
    standing = [c for c in books.credits.values() if c.contact == told.contact_id("credit exceeds debt")]
    assert standing[0].remaining > sum(i.open for i in of(told, books, "credit exceeds debt")) > 0
    assert {invoice.currency for invoice in sales(books) if invoice.open} == {"GBP", "EUR", "USD"}
    assert contacts[told.contact_id("archived")].status == "ARCHIVED"
    assert any(i.status == "AUTHORISED" for i in of(told, books, "archived"))
    assert contacts[told.contact_id("no e-mail")].email == ""
    assert contacts[told.contact_id("merged")].merged_to == told.contact_id("merge survivor")
    assert of(told, books, "merged") == []
    assert any(i.status == "AUTHORISED" and not i.sent for i in of(told, books, "never sent"))
    assert {"DRAFT", "SUBMITTED", "DELETED", "VOIDED", "AUTHORISED", "PAID"} == set(statuses)
    assert any(i.status == "PAID" and i.paid == 0 and i.credited == i.total for i in of(told, books, "credited only"))
    assert any(i.open == Decimal("15.00") and i.paid for i in of(told, books, "bank charge"))
    assert any(i.open and i.paid for i in of(told, books, "part pays"))
    assert any(i.expected for i in sales(books))
    assert any(i.type == "ACCPAY" and i.open and i.due < NOW.date() for i in books.invoices.values())
    assert len(contacts[told.contact_id("several people")].people) == 3
    assert "No reminders" in contacts[told.contact_id("no reminders")].groups
    assert any(payment.status == "DELETED" for payment in books.payments.values())
    domains = {contacts[told.contact_id(trait)].email.partition("@")[2] for trait in ("parent", "subsidiary")}
    assert len(domains) == 1


def test_one_batch_pays_many_invoices(told):
    books = told.at(NOW)
    sizes = [sum(p.batch == batch for p in books.payments.values()) for batch in books.batches]
    assert len(sizes) > 20
    assert min(sizes) >= 2


def test_clients_pay_on_their_true_run_days_only(told):
    books, checked = told.at(NOW), 0
    for truth in told.truths:
        if truth.cycle is None or truth.traits & {"payment bounced", "merged"}:
            continue
        days = {p.date for p in books.payments.values() if books.invoices[p.invoice].contact == truth.contact_id}
        runs = truth.cycle.runs(DEFAULT_START)
        true = set()
        while not true or max(true) < NOW.date():
            true.add(next(runs))
        if "merge survivor" not in truth.traits:
            assert days <= true, truth.name
            checked += len(days)
    assert checked > 300


def test_money_adds_up_at_every_moment(told):
    for days in range(0, 480, 37):
        books = told.at(datetime(2025, 9, 1, 12, tzinfo=UTC) + timedelta(days=days))
        for invoice in books.invoices.values():
            paid = sum(
                (p.amount for p in books.payments.values() if p.invoice == invoice.id and p.status == "AUTHORISED"), 0
            )
            assert invoice.paid == paid
            if invoice.status in {"AUTHORISED", "PAID"}:
                assert invoice.total == invoice.open + invoice.paid + invoice.credited
                assert (invoice.open == 0) == (invoice.status == "PAID")


def test_the_due_date_of_a_part_paid_invoice_moves_silently(told):
    edits = [event for event in told.events if event.kind == "invoice.edit" and "due" in event.data]
    edit = next(event for event in edits if event.at < NOW)
    before = told.at(edit.at - timedelta(milliseconds=1)).invoices[edit.id]
    after = told.at(edit.at).invoices[edit.id]
    assert (before.due, before.updated) != (after.due, before.updated)
    assert before.updated == after.updated


def test_a_credit_settles_an_invoice_without_moving_its_update_time(told):
    event = next(event for event in told.events if event.kind == "credit.allocate")
    before = told.at(event.at - timedelta(milliseconds=1)).invoices[event.data["invoice"]]
    after = told.at(event.at).invoices[event.data["invoice"]]
    assert (before.status, after.status) == ("AUTHORISED", "PAID")
    assert before.updated == after.updated


def business_days_before(day):
    first = day.replace(day=1)
    return sum(is_business_day(first + timedelta(days=n)) for n in range((day - first).days))


def last_of_its_kind(day):
    return (day + timedelta(days=7)).month != day.month


def ordinary(day):
    """A day with no closed day near, so that nothing has been moved."""
    near = [day + timedelta(days=n) for n in range(-2, 3)]
    return all(is_business_day(one) for one in near if one.weekday() < 5)


FRIDAY, ANCHOR = 4, date(2024, 1, 4)
RULES = [
    (weekly(FRIDAY), lambda day: day.weekday() == FRIDAY),
    (weekly(0, 3), lambda day: day.weekday() in {0, 3}),
    (fortnightly(ANCHOR), lambda day: day.weekday() == 3 and (day.toordinal() - ANCHOR.toordinal()) // 7 % 2 == 0),
    (four_weekly(ANCHOR), lambda day: day.weekday() == 3 and (day.toordinal() - ANCHOR.toordinal()) // 7 % 4 == 0),
    (monthly(25), lambda day: day.day == 25 or (day.weekday() == FRIDAY and day.day in {22, 23, 24})),
    (last_weekday(FRIDAY), lambda day: day.weekday() == FRIDAY and last_of_its_kind(day)),
    (nth_weekday(2, 1), lambda day: day.weekday() == 1 and 8 <= day.day <= 14),
    (nth_business_day(5), lambda day: business_days_before(day) == 4),
]


@pytest.mark.parametrize(("cycle", "right"), RULES, ids=lambda value: getattr(value, "rule", ""))
def test_each_family_means_what_it_says(cycle, right):
    runs = cycle.runs(date(2026, 1, 1))
    days = [next(runs) for _ in range(12)]
    plain = [day for day in days if ordinary(day)]
    assert len(plain) >= 6
    assert all(right(day) for day in plain), plain
    between = {"weekly": 7, "fortnightly": 14, "four-weekly": 28}.get(cycle.family)
    assert between is None or (max(days) - min(days)).days in range(11 * between - 4, 11 * between + 5)


def test_the_fifteenth_and_the_last_day():
    runs = monthly(15, 31).runs(date(2026, 1, 1))
    days = [(1, 15), (1, 30), (2, 13), (2, 27), (3, 13), (3, 31)]
    assert [next(runs) for _ in days] == [date(2026, month, day) for month, day in days]


def test_an_unforeseen_payment_replaces_the_planned_one():
    company = Company.simulate(7, DEFAULT_START, date(2026, 12, 31))
    invoice = next(i for i in sales(company.at(NOW)) if i.open and not i.paid)
    company.add(
        Event(NOW, "payment.add", "11111111-1111-5111-8111-111111111111", {"invoice": invoice.id, "date": NOW.date()})
    )
    later = company.at(NOW + timedelta(days=80))
    assert later.invoices[invoice.id].status == "PAID"
    assert [p.date for p in later.payments.values() if p.invoice == invoice.id] == [NOW.date()]


def test_the_books_refuse_what_cannot_be():
    company = Company.simulate(7, DEFAULT_START, date(2026, 6, 1), clients=10)
    moment = datetime(2026, 5, 1, tzinfo=UTC)
    paid = next(i for i in sales(company.at(moment)) if i.status == "PAID")
    for event in (
        Event(moment, "invoice.void", paid.id),
        Event(moment, "payment.add", "x", {"invoice": paid.id, "date": moment.date(), "amount": Decimal(1)}),
        Event(moment, "invoice.lose", paid.id),
    ):
        with pytest.raises(ImpossibleError):
            company.add(event)


def test_bank_holidays_of_two_known_years():
    assert bank_holidays(2026) == {
        date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 4), date(2026, 5, 25), date(2026, 8, 31),
        date(2026, 12, 25), date(2026, 12, 28),
    }  # fmt: skip
    assert bank_holidays(2021) >= {date(2021, 12, 27), date(2021, 12, 28)}


@given(st.dates(date(2024, 1, 1), date(2030, 12, 31)), st.integers(0, 63))
@settings(max_examples=60, deadline=None)
def test_runs_are_business_days_in_order(told, start, which):
    truth = told.truths[which]
    if truth.cycle is None:
        return
    runs = truth.cycle.runs(start)
    found = [next(runs) for _ in range(12)]
    assert found == sorted(set(found))
    assert found[0] >= start
    assert all(is_business_day(day) for day in found)
    assert month_end(start).month == start.month
