"""Options of the books of one organisation: one model per kind of platform."""

from typing import Annotated, Literal

from pydantic import Field

from worker.config.base import Options, option
from worker.config.kinds import Currency, Digits, Url, Whole, Words, choice
from worker.config.secret import SecretRef

Grant = Annotated[str, *choice("client credentials", "refresh token")]


class XeroBooks(Options):
    """A Xero organisation, read through the Accounting API; nothing is written unless `notes in books: yes`."""

    kind: Literal["xero"] = option("The accounting platform.", "xero", default=...)
    tenant: Words | None = option(
        "The organisation's tenant id; may be left out when the connection has exactly one.",
        "11111111-2222-4333-8444-555555555555",
    )
    connection: Words | None = option(
        "A consent saved by `duecourse connect`; by default the one under this organisation's own name. "
        "Organisations covered by one consent name the same.",
        "our-practice",
        off=True,
    )
    client_id: SecretRef | None = option(
        "Where the app's client id is found.", {"env": "XERO_CLIENT_ID"}, alias="client id from"
    )
    client_secret: SecretRef | None = option(
        "Where the app's client secret is found.", {"env": "XERO_CLIENT_SECRET"}, alias="client secret from"
    )
    refresh_token: SecretRef | None = option(
        "Where the first refresh token is found, for a consent made elsewhere; later ones are kept in the vault.",
        {"file": "secrets/xero-refresh-token"},
        off=True,
        alias="refresh token from",
    )
    redirect: Url | None = option(
        "The callback address registered with the app; http://localhost:8910/callback by default.",
        "http://localhost:8911/callback",
        off=True,
    )
    grant: Grant | None = option(
        "How access is granted; without it, by the refresh token when there is one.", "client credentials"
    )
    identity_url: Url | None = option(
        "Another identity server, for tests.", "http://127.0.0.1:8765/connect/token", off=True
    )
    api_url: Url | None = option("Another API server, for tests.", "http://127.0.0.1:8765/api.xro/2.0", off=True)
    page_size: Whole = option("Invoices read per page.", "1000", "rows, 1 to 1000", default=1000, ge=1, le=1000)


class QuickBooksBooks(Options):
    """A QuickBooks Online company, read through the Accounting API; nothing is ever written."""

    kind: Literal["quickbooks"] = option("The accounting platform.", "quickbooks", default=...)
    realm: Digits | None = option(
        "The company's id, shown when it was connected; needed with a refresh token.", "1234567890123456789"
    )
    connection: Words | None = option(
        "A consent saved by `duecourse connect`; by default the one under this organisation's own name.",
        "our-company",
        off=True,
    )
    client_id: SecretRef | None = option(
        "Where the app's client id is found.", {"env": "QUICKBOOKS_CLIENT_ID"}, alias="client id from"
    )
    client_secret: SecretRef | None = option(
        "Where the app's client secret is found.", {"env": "QUICKBOOKS_CLIENT_SECRET"}, alias="client secret from"
    )
    refresh_token: SecretRef | None = option(
        "Where the first refresh token is found, for a consent made elsewhere; later ones are kept in the vault.",
        {"file": "secrets/quickbooks-refresh-token"},
        off=True,
        alias="refresh token from",
    )
    redirect: Url | None = option(
        "The callback address registered with the app; production keys need one of your own over https. "
        "http://localhost:8910/callback by default.",
        "https://books.example.com/callback",
        off=True,
    )
    token_url: Url | None = option(
        "Another token server, for tests.", "http://127.0.0.1:8765/oauth2/v1/tokens/bearer", off=True
    )
    api_url: Url | None = option(
        "Another API server: Intuit's sandbox companies live at this one.",
        "https://sandbox-quickbooks.api.intuit.com",
        off=True,
    )
    page_size: Whole = option("Rows read per page.", "1000", "rows, 1 to 1000", default=1000, ge=1, le=1000)


class CsvBooks(Options):
    """Books exported to CSV files."""

    kind: Literal["csv"] = option("The accounting platform.", "csv", default=...)
    invoices: Words = option("The file of invoices.", "books/invoices.csv", default=...)
    clients: Words | None = option("The file of clients.", "books/clients.csv")
    payments: Words | None = option("The file of payments; without it nobody is thanked.", "books/payments.csv")
    currency: Currency | None = option("The currency of amounts whose row names none.", "GBP")
    credits: Words | None = option("The file of credit notes and unused payments.", "books/credits.csv")
    dates: Annotated[str, *choice("day first", "month first")] | None = option(
        "How dates such as 03/04/2026 are meant, when the files leave it open.", "day first"
    )
    decimals: Annotated[str, *choice("point", "comma")] | None = option(
        "How amounts such as 1,234 are meant, when the files leave it open.", "point"
    )


class SandboxBooks(Options):
    """The simulated company that ships with duecourse: nothing to sign up for, nobody real to write to."""

    kind: Literal["sandbox"] = option("The accounting platform.", "sandbox", default=...)
    url: Url | None = option(
        "A sandbox that is running already; without it one is started in memory.", "http://127.0.0.1:8765"
    )
    tenant: Words | None = option("Which of its organisations to read.", "demo-company")
    face: Annotated[str, *choice("xero", "quickbooks")] = option(
        "Which platform it looks like; the company behind it is the same.", "xero", default="xero"
    )


Books = Annotated[XeroBooks | QuickBooksBooks | CsvBooks | SandboxBooks, Field(discriminator="kind")]
KINDS = {"xero": XeroBooks, "quickbooks": QuickBooksBooks, "csv": CsvBooks, "sandbox": SandboxBooks}
