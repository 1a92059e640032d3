"""What every logbook must do with the mirror of the books."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.logbook.values import (
    CLIENT,
    CREDIT,
    HARBOUR,
    HOUR,
    INVOICE,
    NOW,
    ORG,
    PAYMENT,
    paid,
    read,
    remind,
)
from worker.core.events import Event, EventKind
from worker.core.inference.evidence import Settled
from worker.core.inference.learn import Paid
from worker.core.receivable import (
    Allocation,
    Client,
    Invoice,
    InvoiceStatus,
    Organisation,
    PaymentKind,
    Person,
    Snapshot,
)
from worker.errors import LogbookError
from worker.logbook import SqlLogbook
from worker.ports import Gone, Page

DAY = timedelta(days=1)


class MirrorContract:
    """Readings, watermarks and snapshots."""

    def test_a_reading_comes_back_as_it_was_shown(self, logbook: SqlLogbook) -> None:
        client = Client(
            "c-2",
            "Côté Sud",
            "a@example.org",
            people=(Person("Compta", "compta@example.org", True),),
            groups=("no reminders", "south"),
            owed_by_us=Decimal("0.10"),
        )
        draft = replace(INVOICE, id="i-2", status=InvoiceStatus.DRAFT, sent=None, due=None, repeating=True)
        with logbook.reading(ORG, NOW) as writer:
            writer.add(Page(organisation=HARBOUR, clients=(CLIENT, client), warnings=("one page was slow",)))
            writer.add(Page(invoices=(INVOICE, draft), credits=(CREDIT,), payments=(PAYMENT,)))
            snapshot = writer.finish("w1", full=True)
        assert snapshot.organisation == HARBOUR
        assert snapshot.read_at == NOW
        assert snapshot.clients == {"c-1": CLIENT, "c-2": client}
        assert snapshot.invoices == (INVOICE, draft)
        assert snapshot.credits == (CREDIT,)
        assert snapshot.payments == (replace(PAYMENT, first_seen=NOW, historic=True),)
        assert snapshot.warnings == ("one page was slow",)
        assert logbook.snapshot(ORG) == snapshot
        assert logbook.watermark(ORG) == "w1"
        assert logbook.open_ids(ORG) == ("i-1",)

    def test_a_client_whose_open_invoices_bear_another_name_was_renamed(self, logbook: SqlLogbook) -> None:
        new = replace(CLIENT, id="c-2", name="Quay Limited")
        moved = replace(INVOICE, id="i-9", client_id="c-2")

        def books(*clients: Client, invoices: tuple[Invoice, ...], follow: bool = True) -> Snapshot:
            with logbook.reading(ORG, NOW) as writer:
                writer.add(Page(organisation=HARBOUR, clients=clients, every_client=follow))
                writer.add(Page(invoices=invoices))
                return writer.finish("w", full=True)

        assert books(CLIENT, invoices=(INVOICE,)).survivor("c-1") == "c-1"
        other = books(CLIENT, new, invoices=(INVOICE, moved))
        assert other.survivor("c-1") == "c-1", "both are there: one number used twice is no rename"
        assert books(new, invoices=(moved,), follow=False).survivor("c-1") == "c-1", "not all clients were shown"
        books(CLIENT, invoices=(INVOICE,))
        assert books(new, invoices=(moved,)).survivor("c-1") == "c-2"
        assert books(CLIENT, invoices=(INVOICE,)).survivor("c-2") == "c-1", "renamed back"

    def test_nothing_was_read_yet(self, logbook: SqlLogbook) -> None:
        assert logbook.snapshot(ORG) is None
        assert logbook.watermark(ORG) is None
        assert logbook.open_ids(ORG) == ()

    @pytest.mark.parametrize("text", ["1E+2", "0.00", "-5", "0.1000", "123456789012345678901234567890.12"])
    def test_amounts_are_kept_to_the_digit(self, logbook: SqlLogbook, text: str) -> None:
        invoice = read(logbook, invoices=(replace(INVOICE, open=Decimal(text)),)).invoices[0]
        assert str(invoice.open) == text

    def test_a_reading_that_broke_leaves_no_trace(self, logbook: SqlLogbook) -> None:
        before = read(logbook, invoices=(INVOICE,))
        with pytest.raises(ConnectionError), logbook.reading(ORG, NOW + HOUR) as writer:
            writer.add(Page(invoices=(paid(INVOICE), replace(INVOICE, id="i-2"))))
            raise ConnectionError
        assert logbook.snapshot(ORG) == before
        assert logbook.watermark(ORG) == "w1"

    def test_a_full_reading_drops_what_it_does_not_show(self, logbook: SqlLogbook) -> None:
        other = replace(INVOICE, id="i-2")
        read(logbook, invoices=(INVOICE, other), credits=(CREDIT,), payments=(PAYMENT,))
        snapshot = read(logbook, now=NOW + DAY, invoices=(other,))
        assert [i.id for i in snapshot.invoices] == ["i-2"]
        assert snapshot.credits == ()
        assert [p.id for p in snapshot.payments] == ["p-1"]

    def test_an_incremental_reading_keeps_what_it_does_not_show(self, logbook: SqlLogbook) -> None:
        read(logbook, invoices=(INVOICE,), credits=(CREDIT,))
        snapshot = read(logbook, now=NOW + DAY, full=False, invoices=(replace(INVOICE, id="i-2"),))
        assert [i.id for i in snapshot.invoices] == ["i-1", "i-2"]
        assert snapshot.credits == (CREDIT,)

    def test_what_the_books_deleted_keeps_what_else_is_known_of_it(self, logbook: SqlLogbook) -> None:
        read(logbook, invoices=(INVOICE,), credits=(CREDIT,))
        read(logbook, now=NOW + DAY, full=False, payments=(PAYMENT,))
        gone = Gone(("i-1", "i-never-seen"), ("cn-1",), ("p-1",))
        snapshot = read(logbook, now=NOW + 2 * DAY, full=False, gone=gone)  # type: ignore[arg-type]
        assert [replace(i, status=InvoiceStatus.OPEN) for i in snapshot.invoices] == [INVOICE]
        assert snapshot.invoices[0].status is InvoiceStatus.DELETED
        assert snapshot.credits == ()
        assert snapshot.payments == (replace(PAYMENT, active=False, first_seen=NOW + DAY),)
        assert logbook.open_ids(ORG) == ()

    def test_a_closed_invoice_that_opens_again_starts_a_round(self, logbook: SqlLogbook, closed: InvoiceStatus) -> None:
        read(logbook, invoices=(INVOICE,))
        read(logbook, now=NOW + DAY, full=False, invoices=(replace(INVOICE, status=closed, open=Decimal(0)),))
        late = datetime(2026, 3, 5, 23, 30, tzinfo=UTC)
        again = read(logbook, now=late, full=False, invoices=(INVOICE,)).invoices[0]
        assert (again.round, again.reopened) == (1, date(2026, 3, 5))
        later = read(logbook, now=NOW + 9 * DAY, full=False, invoices=(INVOICE,)).invoices[0]
        assert (later.round, later.reopened) == (1, date(2026, 3, 5))

    def test_an_invoice_that_vanished_and_came_back_starts_a_round(self, logbook: SqlLogbook) -> None:
        read(logbook, invoices=(INVOICE,))
        read(logbook, now=NOW + DAY)
        assert read(logbook, now=NOW + 2 * DAY, invoices=(INVOICE,)).invoices[0].round == 1

    def test_a_draft_that_vanished_and_was_issued_starts_none(self, logbook: SqlLogbook) -> None:
        read(logbook, invoices=(replace(INVOICE, status=InvoiceStatus.DRAFT),))
        assert read(logbook, now=NOW + DAY).invoices == ()
        assert read(logbook, now=NOW + 2 * DAY, invoices=(INVOICE,)).invoices[0].round == 0

    def test_a_row_shown_twice_counts_as_shown_last(self, logbook: SqlLogbook) -> None:
        read(logbook, invoices=(INVOICE,))
        with logbook.reading(ORG, NOW + DAY) as writer:
            writer.add(Page(invoices=(paid(INVOICE),)))
            writer.add(Page(invoices=(INVOICE,)))
            snapshot = writer.finish("w2", full=False)
        assert snapshot.invoices == (INVOICE,)

    def test_a_detour_through_an_unknown_status_still_starts_a_round(self, logbook: SqlLogbook) -> None:
        for n, invoice in enumerate([paid(INVOICE), replace(INVOICE, status=InvoiceStatus.OTHER), INVOICE]):
            snapshot = read(logbook, now=NOW + n * DAY, full=False, invoices=(invoice,))
        assert snapshot.invoices[0].round == 1

    def test_only_the_first_reading_makes_payments_historic(self, logbook: SqlLogbook) -> None:
        read(logbook, payments=(PAYMENT,))
        new = replace(PAYMENT, id="p-2")
        snapshot = read(logbook, now=NOW + HOUR, full=False, payments=(PAYMENT, new))
        assert [(p.id, p.first_seen, p.historic) for p in snapshot.payments] == [
            ("p-1", NOW, True),
            ("p-2", NOW + HOUR, False),
        ]

    def test_resync_keeps_rounds_and_first_seen(self, logbook: SqlLogbook) -> None:
        read(logbook)
        for n, invoice in enumerate([INVOICE, paid(INVOICE), INVOICE]):
            before = read(logbook, now=NOW + n * HOUR, full=False, invoices=(invoice,), payments=(PAYMENT,))
        logbook.resync(ORG)
        assert logbook.watermark(ORG) is None
        after = read(logbook, now=NOW + DAY, invoices=(INVOICE,), payments=(PAYMENT,))
        assert (after.invoices, after.payments) == (before.invoices, before.payments)
        assert (after.payments[0].first_seen, after.payments[0].historic) == (NOW, False)

    def test_a_changed_allocation_replaces_the_old_ones(self, logbook: SqlLogbook) -> None:
        read(logbook, payments=(PAYMENT,))
        changed = replace(PAYMENT, active=False, allocations=())
        payment = read(logbook, now=NOW + HOUR, full=False, payments=(changed,)).payments[0]
        assert (payment.active, payment.allocations) == (False, ())

    def test_a_paid_invoice_stays_while_its_payment_may_be_thanked(self, logbook: SqlLogbook) -> None:
        read(logbook, invoices=(INVOICE,))
        snapshot = read(logbook, now=NOW + DAY, full=False, invoices=(paid(INVOICE),), payments=(PAYMENT,))
        assert snapshot.invoices == (paid(INVOICE),)
        assert read(logbook, now=NOW + 130 * DAY, full=False).invoices == ()

    def test_a_paid_invoice_stays_while_a_message_named_it(self, logbook: SqlLogbook) -> None:
        read(logbook, invoices=(INVOICE,))
        logbook.plan(ORG, "s", remind("i-1"), NOW)
        assert read(logbook, now=NOW + DAY, full=False, invoices=(paid(INVOICE),)).invoices == (paid(INVOICE),)

    def test_old_payments_leave_the_snapshot(self, logbook: SqlLogbook) -> None:
        old = replace(PAYMENT, date=date(2025, 1, 1))
        assert read(logbook, payments=(old,)).payments == ()
        late = replace(old, id="p-2")  # entered today with an old date: still to be thanked
        assert [p.id for p in read(logbook, now=NOW + HOUR, full=False, payments=(late,)).payments] == ["p-2"]

    def test_what_was_paid_is_told_once_an_invoice_by_its_first_money(self, logbook: SqlLogbook) -> None:
        first = replace(PAYMENT, date=date(2026, 1, 9))
        later = replace(PAYMENT, id="p-2", date=date(2026, 2, 6))
        undone = replace(PAYMENT, id="p-3", date=date(2026, 1, 2), active=False)
        refund = replace(PAYMENT, id="p-4", date=date(2026, 1, 5), kind=PaymentKind.REFUND)
        unknown = replace(PAYMENT, id="p-5", allocations=(Allocation("i-9", Decimal(1)),), date=date(2026, 1, 30))
        read(logbook, invoices=(INVOICE,), payments=(first, later, undone, refund, unknown))
        told = sorted(logbook.paid(ORG, date(2026, 1, 1)), key=lambda p: p.invoice_id)
        assert told == [
            Paid("c-1", "i-1", Settled(date(2026, 1, 9), INVOICE.issued, INVOICE.due)),
            Paid("c-1", "i-9", Settled(date(2026, 1, 30))),
        ]
        assert [p.invoice_id for p in logbook.paid(ORG, date(2026, 1, 10))] == ["i-9"]
        assert logbook.paid("another", date(2026, 1, 1)) == ()

    def test_spent_credit_leaves_the_snapshot(self, logbook: SqlLogbook) -> None:
        assert read(logbook, credits=(replace(CREDIT, remaining=Decimal("0.00")),)).credits == ()

    def test_a_link_fills_in_for_a_missing_url(self, logbook: SqlLogbook) -> None:
        own = replace(INVOICE, id="i-2", url="https://books.example.com/i-2")
        read(logbook, invoices=(INVOICE, own))
        for id_ in ("i-1", "i-2"):
            logbook.remember_link(ORG, id_, "https://pay.example.com/old")
            logbook.remember_link(ORG, id_, f"https://pay.example.com/{id_}")
        snapshot = logbook.snapshot(ORG)
        assert snapshot is not None
        assert [i.url for i in snapshot.invoices] == ["https://pay.example.com/i-1", "https://books.example.com/i-2"]
        # The link is ours: the next reading, which shows none, must not look like a change.
        assert [i.url for i in read(logbook, now=NOW + HOUR, invoices=(INVOICE,)).invoices] == [
            "https://pay.example.com/i-1"
        ]

    def test_two_readings_at_once_do_not_mix(self, logbook: SqlLogbook) -> None:
        with logbook.reading(ORG, NOW) as slow:
            slow.add(Page(organisation=HARBOUR, invoices=(INVOICE,)))
            read(logbook, watermark="fast", invoices=(paid(INVOICE),))
            with pytest.raises(LogbookError, match="at the same time"):
                slow.finish("slow", full=True)
        assert logbook.watermark(ORG) == "fast"

    def test_a_reading_must_say_whose_books(self, logbook: SqlLogbook) -> None:
        with pytest.raises(LogbookError, match="whose books"), logbook.reading(ORG, NOW) as writer:
            writer.finish("w", full=True)
        assert logbook.watermark(ORG) is None

    def test_other_books_start_the_mirror_anew(self, logbook: SqlLogbook) -> None:
        read(logbook, invoices=(INVOICE,), payments=(PAYMENT,), credits=(CREDIT,))
        logbook.remember_link(ORG, "i-1", "https://pay.example.com/1")
        logbook.record(ORG, Event(EventKind.HOLD, NOW, "c-1", data={"why": "in talks"}))
        other = replace(INVOICE, id="x-1", client_id="x-c")
        news = replace(PAYMENT, id="x-p", client_id="x-c", allocations=())
        with logbook.reading(ORG, NOW + HOUR) as writer:
            writer.add(Page(clients=(replace(CLIENT, id="x-c"),), invoices=(other,), payments=(news,)))
            writer.add(Page(organisation=Organisation("t-2", "Harbour Holdings")))
            snapshot = writer.finish("w2", full=True)
        assert (set(snapshot.clients), [i.id for i in snapshot.invoices]) == ({"x-c"}, ["x-1"])
        assert [(p.id, p.historic) for p in snapshot.payments] == [("x-p", True)]
        assert snapshot.credits == () and logbook.links(ORG) == {}
        assert [h.why for h in logbook.history(ORG).holds] == ["in talks"]

    def test_other_books_read_in_part_are_read_in_full_next(self, logbook: SqlLogbook) -> None:
        read(logbook, invoices=(INVOICE,))
        with logbook.reading(ORG, NOW + HOUR) as writer:
            writer.add(Page(organisation=Organisation("t-2", "Harbour Holdings"), clients=(replace(CLIENT, id="x"),)))
            with pytest.raises(LogbookError, match="other books than before"):
                writer.finish("w2", full=False)
        assert logbook.watermark(ORG) is None
        assert logbook.open_ids(ORG) == ()
        snapshot = read(logbook, now=NOW + 2 * HOUR, payments=(replace(PAYMENT, id="x-p"),))
        assert [p.historic for p in snapshot.payments] == [True]

    def test_what_no_database_likes_in_a_name_stops_nothing(self, logbook: SqlLogbook) -> None:
        odd = replace(CLIENT, name="Quay\0Cafes", groups=("a\0b",))
        with logbook.reading(ORG, NOW) as writer:
            writer.add(Page(organisation=HARBOUR, clients=(odd,)))
            snapshot = writer.finish("w", full=True)
        assert snapshot.clients["c-1"].name in {"Quay\0Cafes", "Quay\ufffdCafes"}
