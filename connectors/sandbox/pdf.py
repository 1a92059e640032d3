"""An invoice of the simulated company as a PDF: a real one, small, and the same every time."""

from datetime import UTC, datetime, time

from connectors.sandbox.rows import Contact, Invoice


def invoice_pdf(company: str, contact: Contact, invoice: Invoice) -> bytes:
    """One page with what an invoice must say."""
    from fpdf import FPDF

    page = FPDF()
    page.set_creation_date(datetime.combine(invoice.issued, time(), UTC))
    page.set_title(f"Invoice {invoice.number}")
    page.add_page()
    page.set_font("Helvetica", "B", 16)
    page.cell(0, 10, _plain(company), new_x="LMARGIN", new_y="NEXT")
    page.set_font("Helvetica", size=11)
    told = [
        f"Invoice {invoice.number}",
        f"For {contact.name}",
        f"Issued {invoice.issued:%d/%m/%Y}, due {invoice.due:%d/%m/%Y}",
        *(f"{line.description}: {line.net + line.tax} {invoice.currency}" for line in invoice.lines),
        f"Total {invoice.total} {invoice.currency}, open {invoice.open} {invoice.currency}",
    ]
    for line in told:
        page.multi_cell(0, 8, _plain(line), new_x="LMARGIN", new_y="NEXT")
    return bytes(page.output())


def _plain(text: str) -> str:
    """What the PDF's built-in fonts can show."""
    return text.encode("latin-1", "replace").decode("latin-1")
