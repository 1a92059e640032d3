"""Those who were forgotten, as later readings of the books must show them: under an alias, and never mailed."""

from dataclasses import replace

from sqlalchemy import Connection, select

from worker.core.receivable import Client, Invoice, Payment
from worker.logbook import schema
from worker.ports import Page


def aliases(connection: Connection, organisation: str) -> dict[str, str]:
    """Client id -> alias."""
    table = schema.erased_client
    mine = select(table.c.client_id, table.c.alias).where(table.c.organisation == organisation)
    return {row.client_id: row.alias for row in connection.execute(mine)}


def without(page: Page, erased: dict[str, str]) -> Page:
    """The page as if the books no longer said who they are."""
    if not erased:
        return page
    return replace(
        page,
        clients=tuple(_client(c, erased) for c in page.clients),
        invoices=tuple(_invoice(i) if i.client_id in erased else i for i in page.invoices),
        payments=tuple(_payment(p) if p.client_id in erased else p for p in page.payments),
    )


def _client(client: Client, erased: dict[str, str]) -> Client:
    if client.id not in erased:
        return client
    nobody = Client(client.id, erased[client.id], erased=True)
    return replace(nobody, groups=client.groups, archived=client.archived, merged_into=client.merged_into)


def _invoice(invoice: Invoice) -> Invoice:
    return replace(invoice, reference="", work="", url="", delivery_problem="")


def _payment(payment: Payment) -> Payment:
    return replace(payment, reference="")
