"""What every Books must do, whatever the platform: `class TestXero(BooksContract)` and a `stage` fixture.

A stage gives two organisations' books and the means to change what the platform holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from io import BytesIO
from typing import Protocol

import pytest
from pypdf import PdfReader

from worker.core.receivable import Client, Credit, Invoice, Organisation, Payment
from worker.errors import BooksError
from worker.ports import Books, Capability, Reading


class Stage(Protocol):
    """One platform, set up for the contract. `books(n)` opens organisation n (0 or 1), each time anew."""

    now: datetime

    def books(self, which: int = 0) -> Books: ...

    def pay(self, invoice_id: str) -> None:
        """Record on the platform that an open invoice was paid in full, now."""

    def break_last_page(self) -> None:
        """Make the last thing a reading asks for fail for good."""

    def later(self, length: timedelta) -> None:
        """Move the platform's time on (and `now` with it)."""


@dataclass
class Mirror:
    """What a reading leaves behind: the newest row of each id, as the logbook's mirror keeps it."""

    organisation: Organisation | None = None
    clients: dict[str, Client] = field(default_factory=dict)
    invoices: dict[str, Invoice] = field(default_factory=dict)
    credits: dict[str, Credit] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    watermark: str = ""
    full: bool = False

    @property
    def open(self) -> list[str]:
        return sorted(i.id for i in self.invoices.values() if i.is_open)

    def take(self, reading: Reading) -> "Mirror":
        """A whole reading, or BooksError."""
        shown = set()
        for page in reading.pages():
            self.organisation = page.organisation or self.organisation
            self.clients.update((c.id, c) for c in page.clients)
            self.invoices.update((i.id, i) for i in page.invoices)
            self.credits.update((c.id, c) for c in page.credits)
            self.payments.update((p.id, p) for p in page.payments)
            shown.update(i.id for i in page.invoices)
            for invoice_id in page.gone.invoices:
                self.invoices.pop(invoice_id, None)
            for credit_id in page.gone.credits:
                self.credits.pop(credit_id, None)
            for payment_id in page.gone.payments:
                if payment_id in self.payments:
                    self.payments[payment_id] = replace(self.payments[payment_id], active=False)
        if reading.full:
            for gone in [i for i in self.open if i not in shown]:
                del self.invoices[gone]
        self.watermark, self.full = reading.watermark(), reading.full
        return self


def mirror_of(books: Books, now: datetime, watermark: str | None = None, known: Sequence[str] = ()) -> Mirror:
    """One reading in a new mirror."""
    return Mirror().take(books.read(watermark, now, known))


class BooksContract:
    """Inherit, and give a `stage` fixture."""

    def test_reading_twice_gives_the_same(self, stage: Stage) -> None:
        first, second = mirror_of(stage.books(), stage.now), mirror_of(stage.books(), stage.now)
        assert first.invoices and first.clients and first.organisation
        assert first == second

    def test_the_first_reading_is_full(self, stage: Stage) -> None:
        assert mirror_of(stage.books(), stage.now).full

    def test_every_open_invoice_has_what_chasing_needs(self, stage: Stage) -> None:
        mirror = mirror_of(stage.books(), stage.now)
        assert mirror.open
        for invoice in (mirror.invoices[i] for i in mirror.open):
            assert invoice.client_id in mirror.clients
            assert invoice.number and invoice.due and len(invoice.currency) == 3
            assert invoice.open <= invoice.total

    def test_a_second_reading_tells_what_changed(self, stage: Stage) -> None:
        mirror = mirror_of(stage.books(), stage.now)
        paid = mirror.open[0]
        stage.later(timedelta(minutes=30))
        stage.pay(paid)
        mirror.take(stage.books().read(mirror.watermark, stage.now, mirror.open))
        assert not mirror.invoices[paid].is_open
        assert any(a.invoice_id == paid for p in mirror.payments.values() for a in p.allocations)

    def test_changes_on_top_of_the_first_reading_equal_a_new_one(self, stage: Stage) -> None:
        mirror = mirror_of(stage.books(), stage.now)
        stage.later(timedelta(minutes=30))
        for invoice_id in mirror.open[:3]:
            stage.pay(invoice_id)
        mirror.take(stage.books().read(mirror.watermark, stage.now, mirror.open))
        anew = mirror_of(stage.books(), stage.now)
        assert {i: mirror.invoices[i] for i in mirror.open} == {i: anew.invoices[i] for i in anew.open}
        assert mirror.clients == anew.clients

    def test_a_watermark_of_the_future_brings_nothing_and_breaks_nothing(self, stage: Stage) -> None:
        mirror = mirror_of(stage.books(), stage.now)
        if Capability.INCREMENTAL not in stage.books().capabilities:
            pytest.skip("these books are always read whole")
        future = mirror.watermark.replace(str(stage.now.year), str(stage.now.year + 3))
        again = mirror_of(stage.books(), stage.now + timedelta(days=3 * 365), future)
        assert again.watermark

    def test_a_watermark_nobody_wrote_means_reading_everything(self, stage: Stage) -> None:
        whole = mirror_of(stage.books(), stage.now)
        odd = mirror_of(stage.books(), stage.now, "\N{SNOWMAN} not ours")
        assert odd.full and odd.invoices == whole.invoices

    def test_all_or_nothing(self, stage: Stage) -> None:
        stage.break_last_page()
        reading = stage.books().read(None, stage.now)
        with pytest.raises(BooksError):
            for _ in reading.pages():
                pass
        with pytest.raises(BooksError):
            reading.watermark()

    def test_organisations_do_not_mix(self, stage: Stage) -> None:
        mine, theirs = mirror_of(stage.books(0), stage.now), mirror_of(stage.books(1), stage.now)
        assert mine.organisation and theirs.organisation and mine.organisation.id != theirs.organisation.id
        assert not set(mine.invoices) & set(theirs.invoices)
        assert not set(mine.clients) & set(theirs.clients)
        look = stage.books(0).look(theirs.open[:2], sorted(theirs.clients)[:2])
        assert not look.invoices and not look.clients

    def test_a_watermark_of_other_books_is_refused(self, stage: Stage) -> None:
        theirs = mirror_of(stage.books(1), stage.now)
        with pytest.raises(BooksError):
            mirror_of(stage.books(0), stage.now, theirs.watermark)

    def test_the_last_look_sees_what_the_mirror_cannot(self, stage: Stage) -> None:
        books = stage.books()
        mirror = mirror_of(books, stage.now)
        paid, still = mirror.open[:2]
        stage.pay(paid)
        look = books.look([paid, still, "00000000-0000-4000-8000-00000000dead"], [mirror.invoices[still].client_id])
        assert sorted(look.invoices) == sorted([paid, still])
        assert not look.invoices[paid].is_open and look.invoices[still].is_open
        assert look.invoices[still].open == mirror.invoices[still].open
        assert look.invoices[still].work
        assert look.clients == {mirror.invoices[still].client_id: mirror.clients[mirror.invoices[still].client_id]}

    def test_looking_at_nothing_asks_nothing(self, stage: Stage) -> None:
        look = stage.books().look([], [])
        assert not look.invoices and not look.clients

    def test_a_note_is_no_news(self, stage: Stage) -> None:
        books = stage.books()
        if Capability.NOTES not in books.capabilities:
            pytest.skip("these books take no notes")
        mirror = mirror_of(books, stage.now)
        mirror.take(books.read(mirror.watermark, stage.now, mirror.open))
        before = dict(mirror.invoices)
        books.note(mirror.open[0], "Reminder sent")
        mirror.take(books.read(mirror.watermark, stage.now, mirror.open))
        assert mirror.invoices == before

    def test_an_invoice_as_pdf(self, stage: Stage) -> None:
        books = stage.books()
        mirror = mirror_of(books, stage.now)
        if Capability.PDF not in books.capabilities:
            with pytest.raises(BooksError):
                books.pdf(mirror.open[0])
            return
        found = books.pdf(mirror.open[0])
        said = "".join(page.extract_text() for page in PdfReader(BytesIO(found)).pages)
        assert found.startswith(b"%PDF-") and mirror.invoices[mirror.open[0]].number in said
        with pytest.raises(BooksError):
            books.pdf("00000000-0000-4000-8000-00000000dead")
        with pytest.raises(BooksError):
            stage.books(1).pdf(mirror.open[0])

    def test_capabilities_are_said_beforehand(self, stage: Stage) -> None:
        assert stage.books().capabilities <= frozenset(Capability)
