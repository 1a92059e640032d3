"""Errors are product: these are the texts a bookkeeper reads, whole."""

from pathlib import Path

import pytest

from connectors.csvfile import open_books
from connectors.csvfile.settings import options_of
from tests.connectors.csvfile.support import HEADER, contents
from worker.errors import BooksError, BooksGarbled, ConfigError

CLEAN = f"{HEADER}\n1,Acme,2026-01-05,2026-02-04,EUR,10.00,10.00\n"


def refusal(folder: Path, invoices: str | bytes, /, **given: str | bytes) -> str:
    with pytest.raises(BooksGarbled) as caught:
        contents(folder, invoices, **given)
    return str(caught.value)


def test_all_problems_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    rows = [
        "1,Acme,15/01/2026,31/02/2026,EUR,10.00,10.00",
        "2,Acme,15/01/2026,28/02/2026,EUR,ten,10.00",
        "3,,15/01/2026,28/02/2026,EUR,10.00,10.00",
        "4,Acme,15/01/2026,28/02/2026,EUR,10.00,12.00",
        "1,Acme,15/01/2026,28/02/2026,EUR,10.00,10.00",
        "5,Acme,15/01/2026,28/02/2026,EURO,10.00,10.00",
        "5,Acme,15/01/2026,28/02/2026,EUR,£10.00,1.00",
        "6,Acme,15/01/2026,28/02/2026,EUR,10.005,1.00",
        "7,Acme,15/01/2026,28/02/2026,EUR,10.00,",
        ",Acme,15/01/2026,28/02/2026,EUR,10.00,1.00",
        "8,Acme,Ltd,15/01/2026,28/02/2026,EUR,10.00,1.00",
    ]
    assert refusal(tmp_path, "\n".join([HEADER, *rows])) == (
        """\
11 problems in the CSV books: nothing was read
invoices.csv:2: due "31/02/2026" is not a date
    expected: a date such as 2026-01-31 or 31/01/2026 (day first)
    do this:  correct the cell
invoices.csv:3: total "ten" is not an amount
    expected: an amount such as 1,234.56 (decimal point)
    do this:  correct the cell
invoices.csv:4: no client is named
    expected: a client's name or id
    do this:  write whose row this is
invoices.csv:5: open 12.00 is more than the total 10.00
    expected: at most the total
    do this:  correct one of them
invoices.csv:6: number "1" of Acme is there twice, first on line 2
    expected: one row per invoice
    do this:  delete one of them or correct its number
invoices.csv:7: currency "EURO" is not a currency
    expected: three letters such as EUR
    do this:  correct the cell
invoices.csv:8: total "£10.00" is in GBP, the row in EUR
    expected: one currency a row
    do this:  correct one of them
invoices.csv:9: total "10.005" is finer than EUR has coins
    expected: at most 2 decimals
    do this:  correct the cell
invoices.csv:10: what is still open is empty
    expected: an amount; 0 when paid
    do this:  fill it in
invoices.csv:11: no invoice number
    expected: the number printed on the invoice
    do this:  fill it in
invoices.csv:12: the row has 8 cells, the header 7
    expected: as many cells as headings
    do this:  put quotes around the cell that contains the separator"""
    )


def test_dates_that_can_be_read_two_ways(tmp_path: Path) -> None:
    text = f"{HEADER}\n1,Acme,03/04/2026,05/06/2026,EUR,10.00,10.00\n"
    assert refusal(tmp_path, text) == (
        """\
1 problem in the CSV books: nothing was read
invoices.csv:2: "03/04/2026" may be read two ways, and no other date in the file tells which
    expected: at least one date with a day after the 12th, or dates like 2026-01-31
    do this:  set dates: day first or dates: month first"""
    )
    (invoice,) = contents(tmp_path, text, dates="month first").invoices
    assert (str(invoice.issued), str(invoice.due)) == ("2026-03-04", "2026-05-06")
    (invoice,) = contents(tmp_path, text, dates="day first").invoices
    assert (str(invoice.issued), str(invoice.due)) == ("2026-04-03", "2026-06-05")


def test_dates_written_both_ways(tmp_path: Path) -> None:
    text = f"{HEADER}\n1,A,31/01/2026,28/02/2026,EUR,1.00,1.00\n2,A,01/31/2026,02/28/2026,EUR,1.00,1.00\n"
    assert 'invoices.csv:2: dates are written both ways: "31/01/2026" here, "01/31/2026" on line 3' in refusal(
        tmp_path, text
    )


def test_amounts_that_can_be_read_two_ways(tmp_path: Path) -> None:
    text = f'{HEADER}\n1,Acme,2026-01-05,2026-02-04,EUR,"1,234","1,234"\n'
    assert "set decimals: point (1,234.56) or decimals: comma (1.234,56)" in refusal(tmp_path, text)
    (invoice,) = contents(tmp_path, text, decimals="point").invoices
    assert invoice.open == 1234


def test_no_currency_anywhere_is_said_once(tmp_path: Path) -> None:
    text = "number,client,due,total,open\n1,A,2026-01-05,1.00,1.00\n2,A,2026-01-05,1.00,1.00\n"
    assert refusal(tmp_path, text) == (
        """\
1 problem in the CSV books: nothing was read
invoices.csv:1: no column says the currency
    expected: a column "currency"
    do this:  or set currency: EUR"""
    )


def test_a_file_without_a_header(tmp_path: Path) -> None:
    assert refusal(tmp_path, "1,Acme,2026-01-31,10.00,10.00\n") == (
        """\
1 problem in the CSV books: nothing was read
invoices.csv:1: no row near the top names columns we know
    expected: a header of invoices, such as "number, client, total, open, issued"
    do this:  add the header row, or export the file again"""
    )


def test_a_header_we_cannot_use_names_what_is_there(tmp_path: Path) -> None:
    assert 'invoices.csv:1: no column says a total; the columns are "number", "client", "due"' in refusal(
        tmp_path, "number,client,due\n1,A,2026-01-01\n"
    )
    assert 'two columns are called "total"' in refusal(
        tmp_path, CLEAN.replace("due,", "due,total,").replace("total,open", "Total,open")
    )


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf  \n", "no row near the top names columns we know"),
        (b"PK\x03\x04rest", "is a workbook or a PDF, not CSV"),
        (b"\xd0\xcf\x11\xe0", "is a workbook or a PDF, not CSV"),
        (b"a\x00b,c\n", "is not text"),
        (b"\xff\xfe\x00", "is not text"),
    ],
)
def test_files_that_are_not_csv(tmp_path: Path, raw: bytes, said: str) -> None:
    assert said in refusal(tmp_path, raw)


def test_a_quote_left_open_by_a_file_cut_off(tmp_path: Path) -> None:
    said = refusal(tmp_path, CLEAN + '2,"Acme')
    assert "invoices.csv:3: from here the file is not CSV (unexpected end of data)" in said
    assert "it may have been cut off" in said


def test_many_problems_are_counted_not_listed(tmp_path: Path) -> None:
    rows = "".join(f"{n},Acme,never,2026-02-04,EUR,10.00,10.00\n" for n in range(40))
    said = refusal(tmp_path, f"{HEADER}\n{rows}")
    assert said.startswith("40 problems") and said.endswith("... and 15 more")


def test_a_name_two_clients_share(tmp_path: Path) -> None:
    clients = "client,client id\nAcme,A-1\nAcme,A-2\n"
    assert '2 clients are called "Acme" (A-1, A-2)' in refusal(tmp_path, CLEAN, clients=clients)
    assert 'the client "ACME" is there twice, first on line 2' in refusal(
        tmp_path, CLEAN, clients="client\nAcme\nACME\n"
    )


def test_payments_that_belong_to_nobody(tmp_path: Path) -> None:
    said = refusal(tmp_path, CLEAN, payments="invoice,date,amount,currency\n99,2026-02-01,5.00,EUR\n1,,,EUR\n")
    assert 'payments.csv:2: no client is named, and "99" is not an invoice of exactly one client' in said
    assert "payments.csv:3: the amount is empty" in said and "payments.csv:3: the date is empty" in said


def test_files_that_are_missing_or_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    books = open_books({"invoices": str(tmp_path / "none.csv"), "currency": "EUR"}, None)  # type: ignore[arg-type]
    with pytest.raises(
        BooksError, match=r"none\.csv cannot be read \(No such file or directory\)\. Put the file there"
    ):
        books.look(["1"], [])
    monkeypatch.setattr("connectors.csvfile.table.MAX_ROWS", 2)
    rows = "".join(f"{n},Acme,2026-01-05,2026-02-04,EUR,10.00,10.00\n" for n in range(3))
    assert "at most 2 rows" in refusal(tmp_path, f"{HEADER}\n{rows}")
    with (tmp_path / "big.csv").open("wb") as file:
        file.truncate(51 * 2**20)
    with pytest.raises(BooksError, match=r"big\.csv has 51 MB; CSV books take 50 MB at most"):
        open_books({"invoices": str(tmp_path / "big.csv")}, None).contents()  # type: ignore[arg-type]


def test_options_are_checked_all_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        options_of({"dates": "backwards", "currency": "euro", "decimals": "dot", "colour": "red"})
    assert [problem.found for problem in caught.value.problems] == [
        "colour: not an option of CSV books",
        "invoices: no file is named",
        "currency: euro",
        "dates: backwards",
        "decimals: dot",
    ]
