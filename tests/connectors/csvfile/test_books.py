"""CSV books behind the Books port: complete, repeatable, seen again at the last look."""

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.csvfile import CsvBooks
from tests.connectors.csvfile.support import HEADER, books, contents, written
from worker.core.receivable import CreditKind, InvoiceStatus, PaymentKind
from worker.errors import BooksError, BooksGarbled
from worker.ports import Books, Capability, Page

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ROWS = "1,Acme,2026-01-05,2026-02-04,EUR,10.00,10.00\n2,Acme,2026-01-06,2026-02-05,EUR,20.00,5.00\n"


def _pages(found: CsvBooks) -> tuple[list[Page], str]:
    reading = found.read(None, NOW)
    assert reading.full
    return list(reading.pages()), reading.watermark()


def test_it_is_the_books_port(tmp_path: Path) -> None:
    port: Books = books(
        tmp_path, f"{HEADER}\n{ROWS}", name="acme books", zone="Europe/Paris", country="FR", currency="EUR"
    )
    assert Capability.LAST_LOOK in port.capabilities and Capability.NOTES not in port.capabilities
    first = next(iter(port.read("anything", NOW, ["x"]).pages()))
    assert first.organisation is not None
    assert (first.organisation.name, first.organisation.zone, first.organisation.country) == (
        "acme books",
        "Europe/Paris",
        "FR",
    )
    with pytest.raises(BooksError, match="take no notes"):
        port.note("1", "hello")


def test_reading_twice_gives_the_same_and_a_change_gives_another_watermark(tmp_path: Path) -> None:
    found = books(tmp_path, f"{HEADER}\n{ROWS}")
    first, mark = _pages(found)
    again, same = _pages(books(tmp_path, f"{HEADER}\n{ROWS}"))
    assert (first, mark) == (again, same)
    assert {page.resource: page.total for page in first if page.resource}["invoices"] == 2
    (tmp_path / "invoices.csv").write_text(f"{HEADER}\n{ROWS}".replace("5.00\n", "0.00\n"))
    assert _pages(found)[1] != mark


def test_there_is_no_watermark_before_the_end(tmp_path: Path) -> None:
    reading = books(tmp_path, f"{HEADER}\n{ROWS}").read(None, NOW)
    next(reading.pages())
    with pytest.raises(BooksError, match="not come to its end"):
        reading.watermark()


@pytest.mark.parametrize("file", ["invoices", "clients", "payments", "credits"])
def test_one_bad_file_means_no_page_at_all(tmp_path: Path, file: str) -> None:
    given: dict[str, str] = {
        "clients": "client\nAcme\n",
        "payments": "client,date,amount,currency\nAcme,2026-02-01,5.00,EUR\n",
        "credits": "client,remaining,currency\nAcme,5.00,EUR\n",
    }
    found = books(tmp_path, f"{HEADER}\n{ROWS}", **given)
    assert len(list(found.read(None, NOW).pages())) == 5
    (tmp_path / f"{file}.csv").write_text("")
    reading = found.read(None, NOW)
    with pytest.raises(BooksGarbled):
        next(reading.pages())


def test_a_last_look_sees_what_changed_since_the_reading(tmp_path: Path) -> None:
    found = books(tmp_path, f"{HEADER}\n{ROWS}", clients="client,client id,email\nAcme,A,old@acme.example\n")
    page = next(p for p in found.read(None, NOW).pages() if p.invoices)
    first, second = page.invoices
    look = found.look([first.id, second.id, "unknown"], ["A", "nobody"])
    assert (set(look.invoices), set(look.clients)) == ({first.id, second.id}, {"A"})
    (tmp_path / "invoices.csv").write_text(f"{HEADER},status\n1,Acme,2026-01-05,2026-02-04,EUR,10.00,10.00,paid\n")
    (tmp_path / "clients.csv").write_text("client,client id,email\nAcme,A,new@acme.example\n")
    look = found.look([first.id, second.id], ["A"])
    assert set(look.invoices) == {first.id}
    assert not look.invoices[first.id].is_open
    assert look.clients["A"].email == "new@acme.example"
    (tmp_path / "invoices.csv").unlink()
    with pytest.raises(BooksError, match="cannot be read"):
        found.look([first.id], [])


def test_a_row_a_person_marked_paid_is_paid_whatever_its_amounts_say(tmp_path: Path) -> None:
    found = contents(tmp_path, f"{HEADER},status\n1,Acme,2026-01-05,2026-02-04,EUR,10.00,10.00,Paid\n")
    assert (found.invoices[0].status, found.invoices[0].open) == (InvoiceStatus.PAID, Decimal(0))
    assert found.notes == ("invoices.csv: marked paid although an amount is open: taken as paid (line 2)",)


@pytest.mark.parametrize(
    ("columns", "row", "status", "still_open", "paid"),
    [
        ("total,open", "10.00,10.00", InvoiceStatus.OPEN, "10.00", "0.00"),
        ("total,open", "10.00,0", InvoiceStatus.PAID, "0", "10.00"),
        ("total,paid", "10.00,4.00", InvoiceStatus.OPEN, "6.00", "4.00"),
        ("total,paid", "10.00,", InvoiceStatus.OPEN, "10.00", "0"),
        ("total,paid", "10.00,yes", InvoiceStatus.PAID, "0", "10.00"),
        ("total,paid", "10.00,no", InvoiceStatus.OPEN, "10.00", "0"),
        ("total,paid on", "10.00,2026-02-01", InvoiceStatus.PAID, "0", "10.00"),
        ("total,paid on", "10.00,", InvoiceStatus.OPEN, "10.00", "0"),
        ("total,status", "10.00,unpaid", InvoiceStatus.OPEN, "10.00", "0"),
        ("total,status", "10.00,paid", InvoiceStatus.PAID, "0", "10.00"),
        ("total,open,paid", "10.00,3.00,5.00", InvoiceStatus.OPEN, "3.00", "5.00"),
        ("open", "3.00", InvoiceStatus.OPEN, "3.00", "0"),
        ("total,open,status", "10.00,10.00,Overdue 5 days", InvoiceStatus.OPEN, "10.00", "0"),
        ("total,open,status", "10.00,10.00,draft", InvoiceStatus.DRAFT, "10.00", "0"),
        ("total,open,status", "10.00,10.00,voided", InvoiceStatus.VOID, "0", "0"),
        ("total,open,status", "10.00,10.00,on ice", InvoiceStatus.OTHER, "10.00", "0"),
        ("total,open", "0.00,0.00", InvoiceStatus.PAID, "0", "0"),
    ],
)
def test_what_is_open_is_derived_from_what_is_there(
    tmp_path: Path, columns: str, row: str, status: InvoiceStatus, still_open: str, paid: str
) -> None:
    (invoice,) = contents(tmp_path, f"number,client,due,{columns}\n1,Acme,2026-02-04,{row}\n", currency="EUR").invoices
    assert (invoice.status, invoice.open, invoice.paid) == (status, Decimal(still_open), Decimal(paid))
    assert invoice.credited == invoice.total - invoice.open - invoice.paid or status is InvoiceStatus.VOID


def test_paid_in_excess_and_credit_notes_become_credits(tmp_path: Path) -> None:
    rows = (
        "1,Acme,2026-01-05,2026-02-04,EUR,10.00,-2.50\nCN1,Acme,2026-01-06,,EUR,(8.00),(3.00)\nCN2,Acme,,,EUR,-4.00,\n"
    )
    text = f"{HEADER}\n{rows}"
    found = contents(tmp_path, text)
    assert [(c.kind, c.remaining) for c in found.credits] == [
        (CreditKind.OVERPAYMENT, Decimal("2.50")),
        (CreditKind.CREDIT_NOTE, Decimal("3.00")),
        (CreditKind.CREDIT_NOTE, Decimal("4.00")),
    ]
    assert (found.invoices[0].status, found.invoices[0].is_open) == (InvoiceStatus.PAID, False)


def test_a_credits_file(tmp_path: Path) -> None:
    rows = "Acme,overpayment,,2026-01-31,EUR,5\nAcme,credit note,C1,2026-01-31,EUR,-6\n"
    text = f"client,type,number,date,currency,remaining\n{rows}"
    found = contents(tmp_path, f"{HEADER}\n{ROWS}", credits=text)
    assert [(c.kind, c.remaining, c.number) for c in found.credits] == [
        (CreditKind.OVERPAYMENT, Decimal("5.00"), ""),
        (CreditKind.CREDIT_NOTE, Decimal("6.00"), "C1"),
    ]


@pytest.mark.parametrize(
    ("terms", "due"),
    [
        ("30 days", date(2026, 2, 14)),
        ("Net 30", date(2026, 2, 14)),
        ("due on receipt", date(2026, 1, 15)),
        ("30 days end of month", date(2026, 3, 2)),
        ("20th of following month", date(2026, 2, 20)),
    ],
)
def test_a_missing_due_date_follows_from_the_terms(tmp_path: Path, terms: str, due: date) -> None:
    text = f"number,client,issued,due,terms,currency,total,open\n1,A,2026-01-15,,{terms},EUR,1.00,1.00\n"
    assert contents(tmp_path, text).invoices[0].due == due
    text = text.replace(",,", ",2026-04-01,")
    assert contents(tmp_path, text).invoices[0].due == date(2026, 4, 1)


def test_terms_nobody_understands_and_no_terms_at_all(tmp_path: Path) -> None:
    text = "number,client,issued,terms,currency,total,open\n1,A,2026-01-15,soonish,EUR,1.00,1.00\n"
    with pytest.raises(BooksGarbled, match='terms "soonish" are not terms we can count with'):
        contents(tmp_path, text)
    assert contents(tmp_path, text.replace("soonish", "")).notes == (
        "invoices.csv: open invoices without a due date (line 2)",
    )


def test_ids_do_not_move_when_rows_spelling_or_a_clients_file_do(tmp_path: Path) -> None:
    before = {i.number: i.id for i in contents(tmp_path, f"{HEADER}\n{ROWS}").invoices}
    moved = "".join(reversed(ROWS.replace("Acme", " ACME ").splitlines(keepends=True)))
    after = contents(tmp_path, f"{HEADER}\n{moved}", clients="client,client id\nAcme,A-1\n")
    assert {i.number: i.id for i in after.invoices} == before
    assert {i.client_id for i in after.invoices} == {"A-1"}


def test_given_ids_are_kept(tmp_path: Path) -> None:
    text = "id,number,client,client id,due,currency,total,open\nX9,1,Acme,C7,2026-02-04,EUR,1.00,1.00\n"
    found = contents(tmp_path, text)
    assert (found.invoices[0].id, found.invoices[0].client_id, found.clients[0].name) == ("X9", "C7", "Acme")


def test_payments_refunds_batches_and_equal_rows(tmp_path: Path) -> None:
    text = (
        "client,date,amount,currency,invoice,batch\nAcme,2026-02-01,15.00,EUR,2,B1\nAcme,2026-02-01,3.00,EUR,,\n"
        "Acme,2026-02-01,3.00,EUR,,\nAcme,2026-02-02,-1.00,EUR,gone,\nAcme,2026-02-02,0,EUR,,\n"
    )
    found = contents(tmp_path, f"{HEADER}\n{ROWS}", payments=text)
    assert [(p.amount, p.kind, p.batch_id, len(p.allocations)) for p in found.payments] == [
        (Decimal("15.00"), PaymentKind.MONEY, "B1", 1),
        (Decimal("3.00"), PaymentKind.MONEY, "", 0),
        (Decimal("3.00"), PaymentKind.MONEY, "", 0),
        (Decimal("1.00"), PaymentKind.REFUND, "", 0),
    ]
    assert len({p.id for p in found.payments}) == 4
    assert found.notes == ("payments.csv: payments of nothing are left out (line 6)",)


def test_addresses_links_and_formulas_stay_harmless(tmp_path: Path) -> None:
    row = "1,=cmd|' /C calc'!A0,2026-01-05,2026-02-04,EUR,1.00,1.00,javascript:x,=1+1,not an address"
    text = f"{HEADER},url,work,email\n{row}\n"
    found = contents(tmp_path, text)
    assert (found.clients[0].name, found.clients[0].email) == ("=cmd|' /C calc'!A0", "")
    assert (found.invoices[0].work, found.invoices[0].url) == ("=1+1", "")
    assert any('"not" is not an e-mail address' in note for note in found.notes)


def test_a_file_of_headings_only_is_empty_books_and_says_so(tmp_path: Path) -> None:
    found = contents(tmp_path, f"{HEADER}\n", currency="EUR")
    assert (found.invoices, found.notes) == ((), ("invoices.csv: the file has a header but no invoices",))


NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=30
).filter(lambda s: " ".join(s.split()) == s and s and not s.startswith('="') and "\ufeff" not in s)
MONEY = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("9999999.99"), places=2)
DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))


@st.composite
def invoice_rows(draw: Callable[..., object]) -> list[tuple[str, str, date, date, Decimal, Decimal]]:
    count = draw(st.integers(1, 8))
    rows = []
    for number in range(count):  # type: ignore[call-overload]
        total = draw(MONEY)
        still_open = draw(st.decimals(min_value=0, max_value=total, places=2))  # type: ignore[arg-type]
        rows.append((f"N{number}", draw(NAMES), draw(DAYS), draw(DAYS), total, still_open))
    return rows  # type: ignore[return-value]


@settings(max_examples=60, deadline=None)
@given(
    invoice_rows(),
    st.sampled_from(",;\t"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.booleans(),
    st.booleans(),
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str, date, date, Decimal, Decimal]],
    separator: str,
    encoding: str,
    comma: bool,
    quoted: bool,
) -> None:
    def money(value: Decimal) -> str:
        return f"{value:,.2f}".translate(str.maketrans(",.", ".,")) if comma else f"{value:,.2f}"

    table = [
        (n, name, i.strftime("%d/%m/%Y"), d.strftime("%d/%m/%Y"), "EUR", money(t), money(o))
        for n, name, i, d, t, o in rows
    ]
    text = written([HEADER.split(","), *table], separator, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    found = contents(tmp_path_factory.mktemp("books"), text.encode(encoding), dates="day first")
    names = {client.id: client.name for client in found.clients}
    assert [(i.number, i.issued, i.due, i.total, i.open) for i in found.invoices] == [
        (n, i, d, t, o) for n, _, i, d, t, o in rows
    ]
    assert [names[i.client_id].casefold() for i in found.invoices] == [name.casefold() for _, name, *_ in rows]
    assert sum(i.open for i in found.invoices) == sum(o for *_, o in rows)
