"""The preview page: its sums are the books', what it says is what was decided, and its size has bounds."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from tests.core.build import (
    ORGANISATION,
    books,
    client,
    client_settings,
    considerate,
    credit,
    day,
    invoice,
    sent,
    settings,
)
from tests.core.strategies import Happening, firms, quarters
from tests.report.paged import Tables, book_of, files_of, shown_piles, source_of
from tests.scenarios.simulate import Firm
from worker.core.history import History, MessageState
from worker.core.money import Money, totals
from worker.core.payment_run import RunSchedule, parse_cut_off, parse_pays
from worker.core.receivable import Snapshot
from worker.core.settings import Hold, Promise
from worker.report.page.book import pages
from worker.report.page.client import client_page
from worker.report.page.clients import row_of, rows
from worker.report.page.firm import firm_page
from worker.report.page.source import Source
from worker.report.page.words import file_name, folder_name

TODAY = day("2026-03-10")


def owed(snapshot: Snapshot) -> dict[str, Decimal]:
    return totals(Money(i.open, i.currency) for i in snapshot.invoices if i.is_open)


def check_sums(source: Source) -> None:
    """Of the page itself: four piles = receivables; held + excluded = reasons = headline; clients add up too."""
    files = files_of(source)
    four, reasons, said = shown_piles(files["index.html"])
    assert four == said == owed(source.snapshot)
    nobody = {m.currency: m.nobody for m in firm_page(source).piles}
    assert reasons == nobody
    for currency, amount in nobody.items():
        assert not amount or f"{currency} {amount:,.2f}" in files["index.html"]
    assert totals(Money(v, c) for r in rows(source) for c, v in r.owed.items()) == owed(source.snapshot)
    ages = {a.currency: a.total for a in firm_page(source).ages}
    assert ages == owed(source.snapshot)
    assert len([f for f in files if f.startswith("clients/")]) == len(source.client_ids)


def at_some_point(firm: Firm, events: list[Happening]) -> Source:
    """The firm after all of a quarter's events, as if nobody had written meanwhile."""
    for event in sorted(events, key=lambda e: e.on):
        firm.today = max(firm.today, event.on)
        event.apply(firm)
    return source_of(firm.snapshot(), firm.settings, firm.history, firm.today)


@given(firms(), quarters)
@hypothesis_settings(max_examples=8)
def test_the_piles_on_the_page_are_the_receivables_to_the_cent(firm: Firm, events: list[Happening]) -> None:
    check_sums(at_some_point(firm, events))


@pytest.mark.matrix
@given(firms(), quarters)
@hypothesis_settings(max_examples=200)
def test_the_piles_of_two_hundred_books(firm: Firm, events: list[Happening]) -> None:
    check_sums(at_some_point(firm, events))


def birch(**more: object) -> Source:
    """One client that is asked, one on hold, one that promised, one whose run is written, one that owes nothing."""
    friday = RunSchedule(parse_pays("last friday"), parse_cut_off("3 business days"))
    chosen = settings(
        client_settings("acme", considerate()),
        client_settings("holt", considerate()),
        client_settings("kept", considerate()),
        replace(
            client_settings("runs", considerate()), schedule=friday, run_stated=True, places={"pays": "config.yaml:9"}
        ),
        holds=(Hold("holt", "they asked us to", day("2026-03-31"), place="config.yaml:7"),),
        promises=(Promise("kept", day("2026-03-20"), TODAY, place="config.yaml:8"),),
        display_name="Birch & Sons Ltd",
    )
    snapshot = books(
        invoice("A1", "2026-02-20", "120.00"),
        invoice("A2", "2026-04-20", "80.00"),
        invoice("H1", "2026-02-01", "1000.00", client_id="holt"),
        invoice("K1", "2026-03-01", "50.00", client_id="kept"),
        invoice("R1", "2026-03-01", "70.00", client_id="runs"),
        clients=(client("idle"),),
        credits=(credit("C1", "20.00"),),
        read=TODAY,
    )
    history = History(messages=(sent("2026-01-05", "nudge", "A1", state=MessageState.BOUNCED, payer="runs"),))
    return source_of(snapshot, chosen, history, TODAY, forecast=True, **more)  # type: ignore[arg-type]


def test_the_headline_is_what_nobody_is_chasing() -> None:
    source = birch()
    check_sums(source)
    html = files_of(source)["index.html"]
    assert "GBP 1,050.00" in html.split("</h1>")[0]  # held and promised
    assert "they asked us to" in html and "config.yaml:7" in html
    assert "Birch &amp; Sons Ltd" in html
    assert 'href="clients/' + file_name("Holt", "holt") in html
    assert firm_page(source).untouched[0].name == "Holt"


def test_every_client_says_why_it_hears_or_not() -> None:
    source = birch()
    found = {r.client_id: r for r in rows(source)}
    assert found["acme"].state == "today" and found["holt"].state == "held" and found["kept"].state == "held"
    assert found["runs"].state == "waiting" and found["runs"].next_on
    assert "idle" not in found  # it owes nothing, and nothing is decided about it
    listed = Tables(files_of(source)["clients.html"]).found["clients"]
    assert {r[0].partition("\n")[0] for r in listed[1:]} != set()
    for row in found.values():
        assert row.why in " ".join(r[0] for r in listed) or row.why[:1].upper() + row.why[1:] in " ".join(
            r[0] for r in listed
        )


def test_a_clients_page_says_what_it_owes_when_it_pays_and_what_goes_next() -> None:
    source = birch()
    acme = client_page(source, row_of(source, "acme"))
    (balance,) = acme.balances
    assert (balance.gross, balance.credit, balance.net, balance.overdue) == tuple(
        map(Decimal, ("200.00", "20.00", "180.00", "120.00"))
    )
    assert [m.kind for m in acme.messages] == ["reminder"] and acme.messages[0].paper.subject == "Hello"
    runs = client_page(source, row_of(source, "runs"))
    assert runs.cycle.source == "written" and runs.cycle.place == "config.yaml:9"
    assert runs.cycle.following[0] == (date(2026, 3, 27), date(2026, 3, 24))
    kinds = {m.kind for m in runs.strip.marks}
    assert {"run", "cut-off", "overdue", "planned"} <= kinds
    assert next(r for r in runs.ladder if r.next_on).place is not None
    holt = client_page(source, row_of(source, "holt"))
    assert holt.restraints == (("hold", "they asked us to until 31 Mar 2026", "config.yaml:7"),)
    assert [b.kind for b in holt.strip.bands] == ["hold"]


def test_a_firms_folder_names_no_other_firm() -> None:
    one, other = birch(name="birch"), birch(name="other firm")
    files = files_of(one, other, practice=True)
    folders = {f.partition("/")[0] for f in files}
    assert folders == {"index.html", "birch", folder_name("other firm")}
    assert folder_name("other firm") in files["index.html"]
    (shared,) = Tables(files["index.html"]).found["shared"][1:]
    assert shared[0] == "accounts@acme.example.com" and shared[2] == "2"  # asked by both today
    for name, html in files.items():
        if name.startswith("birch/"):
            assert folder_name("other firm") not in html and "other firm" not in html
            assert "../index.html" not in html or name.startswith("birch/clients/")


def test_without_a_forecast_the_page_says_how_to_get_one() -> None:
    files = files_of(large(2))
    assert "Not worked out in this run" in files["index.html"] and "duecourse preview" in files["index.html"]
    assert all("not worked out" in html for name, html in files.items() if name.startswith("clients/"))


def test_names_of_files_are_stable_and_cannot_leave_the_folder() -> None:
    assert file_name("Harbour Hotel", "1") != file_name("Harbour Hotel", "2")
    for hostile in ("../../etc/passwd", "a/b\\c", "..", "", "\u202egpj.exe", "CON"):
        found = file_name(hostile, hostile)
        assert "/" not in found and "\\" not in found and found.isascii() and not found.startswith(".")
        assert "/" not in folder_name(hostile) and not folder_name(hostile).startswith(".")


def large(count: int) -> Source:
    """So many clients with five open invoices each, a third of them asked today."""
    ids = [f"c{n:04}" for n in range(count)]
    chosen = {i: client_settings(i, considerate()) for i in ids}
    dues = [TODAY - timedelta(days=n) for n in (40, 12, -5, -20, -35)]
    snapshot = books(
        *(invoice(f"{i}-{n}", d, f"{100 + n}.{n}5", client_id=i) for i in ids for n, d in enumerate(dues)),
        clients=tuple(client(i, name=f"Client Number {i} Limited") for i in ids),
        read=TODAY,
        organisation=ORGANISATION,
    )
    return source_of(snapshot, settings(*chosen.values()), History(), TODAY)


@pytest.mark.parametrize("count", [80, pytest.param(2000, marks=pytest.mark.matrix)])
def test_many_clients_make_small_pages(count: int) -> None:
    """Bytes and elements: the overview does not grow with the clients, their list stays plain, each page small."""
    every = pages(book_of(large(count)))
    sizes = {}
    for name, html in (next(every) for _ in range(4)):
        sizes[name.partition("/")[0]] = (len(html.encode()), Tables(html).elements)
    assert sizes["index.html"][0] < 100_000 and sizes["index.html"][1] < 1_500, sizes
    assert sizes["clients.html"][0] < 20_000 + 650 * count and sizes["clients.html"][1] < 60 + 16 * count, sizes
    assert sizes["clients"][0] < 40_000 and sizes["clients"][1] < 500, sizes
