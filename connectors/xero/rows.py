"""The parts of Xero's JSON we use, as typed rows. PURE. Source: Xero's OpenAPI file, schemas of the same names.

Every field but the ones a row makes no sense without may be missing or null. Unknown fields are ignored and unknown
enumeration values are just text, because Xero adds both without notice.
"""

from decimal import Decimal
from typing import Any

from msgspec import Struct, field


class Pagination(Struct, gc=False):
    """Says how many pages and rows there are; only on paged answers."""

    pages: int | None = field(name="pageCount", default=None)
    items: int | None = field(name="itemCount", default=None)


class Stub(Struct, gc=False):
    """A contact inside a document: only its id can be relied on."""

    ContactID: str = ""


class Line(Struct, gc=False):
    """A line of an invoice."""

    Description: str | None = None


class InvoiceRow(Struct, gc=False):
    """GET /Invoices."""

    InvoiceID: str
    AmountDue: Decimal
    Type: str | None = None
    InvoiceNumber: str | None = None
    Reference: str | None = None
    Contact: Stub | None = None
    DateString: str | None = None
    Date: str | None = None
    DueDateString: str | None = None
    DueDate: str | None = None
    Status: str | None = None
    Total: Decimal | None = None
    AmountPaid: Decimal | None = None
    AmountCredited: Decimal | None = None
    CurrencyCode: str | None = None
    SentToContact: bool | None = None
    ExpectedPaymentDate: str | None = None
    BrandingThemeID: str | None = None
    RepeatingInvoiceID: str | None = None
    UpdatedDateUTC: str | None = None
    LineItems: list[Line] | None = None


class PersonRow(Struct, gc=False):
    """A further person at a contact."""

    FirstName: str | None = None
    LastName: str | None = None
    EmailAddress: str | None = None
    IncludeInEmails: bool | None = None


class GroupRow(Struct, gc=False):
    """A contact group."""

    Name: str | None = None
    Status: str | None = None


class AddressRow(Struct, gc=False):
    """POBOX is the mailing address."""

    AddressType: str | None = None
    Country: str | None = None


class Balance(Struct, gc=False):
    """In the organisation's base currency."""

    Overdue: Decimal | None = None


class BalancesRow(Struct, gc=False):
    """What a contact owes and is owed."""

    AccountsPayable: Balance | None = None


class ContactRow(Struct, gc=False):
    """GET /Contacts, paged."""

    ContactID: str
    Name: str | None = None
    ContactStatus: str | None = None
    EmailAddress: str | None = None
    FirstName: str | None = None
    LastName: str | None = None
    AccountNumber: str | None = None
    ContactPersons: list[PersonRow] | None = None
    ContactGroups: list[GroupRow] | None = None
    Addresses: list[AddressRow] | None = None
    Balances: BalancesRow | None = None
    MergedToContactID: str | None = None
    UpdatedDateUTC: str | None = None


class AccountRow(Struct, gc=False):
    """The bank account of a payment."""

    AccountID: str | None = None
    Code: str | None = None


class BatchRow(Struct, gc=False):
    """The batch of a payment, where it is nested."""

    BatchPaymentID: str | None = None


class PaidRow(Struct, gc=False):
    """The document a payment is for, as nested in the payment."""

    InvoiceID: str | None = None
    Type: str | None = None
    CurrencyCode: str | None = None
    Contact: Stub | None = None


class PaymentRow(Struct, gc=False):
    """GET /Payments. `Date` has no text form here."""

    PaymentID: str
    Date: str
    Amount: Decimal
    PaymentType: str | None = None
    Status: str | None = None
    Reference: str | None = None
    BatchPaymentID: str | None = None
    BatchPayment: BatchRow | None = None
    Account: AccountRow | None = None
    Invoice: PaidRow | None = None
    UpdatedDateUTC: str | None = None


class CreditRow(Struct, gc=False):
    """What credit notes, overpayments and prepayments share."""

    RemainingCredit: Decimal
    Type: str | None = None
    Status: str | None = None
    CurrencyCode: str | None = None
    Contact: Stub | None = None
    DateString: str | None = None
    Date: str | None = None
    UpdatedDateUTC: str | None = None


class CreditNoteRow(CreditRow, gc=False, kw_only=True):
    """GET /CreditNotes."""

    CreditNoteID: str
    CreditNoteNumber: str | None = None


class OverpaymentRow(CreditRow, gc=False, kw_only=True):
    """GET /Overpayments."""

    OverpaymentID: str


class PrepaymentRow(CreditRow, gc=False, kw_only=True):
    """GET /Prepayments."""

    PrepaymentID: str


class OrganisationRow(Struct, gc=False):
    """GET /Organisation."""

    OrganisationID: str
    Name: str | None = None
    BaseCurrency: str | None = None
    CountryCode: str | None = None
    Timezone: str | None = None
    ShortCode: str | None = None
    IsDemoCompany: bool | None = None
    Class: str | None = None


class ReminderRow(Struct, gc=False):
    """GET /InvoiceReminders/Settings."""

    Enabled: bool | None = None


class ThemeRow(Struct, gc=False):
    """GET /BrandingThemes."""

    BrandingThemeID: str
    Name: str | None = None


class LinkRow(Struct, gc=False):
    """GET /Invoices/{id}/OnlineInvoice."""

    OnlineInvoiceUrl: str | None = None


class HistoryRow(Struct, gc=False):
    """GET /Invoices/{id}/History."""

    Changes: str | None = None
    DateUTCString: str | None = None
    DateUTC: str | None = None
    User: str | None = None
    Details: str | None = None


class ConnectionRow(Struct, gc=False):
    """GET /connections, which answers with a bare list. Source: Xero's OpenAPI file of the identity service."""

    tenantId: str  # noqa: N815 - Xero's spelling
    tenantType: str | None = None  # noqa: N815
    id: str = ""
    tenantName: str | None = None  # noqa: N815
    authEventId: str | None = None  # noqa: N815


class Answer(Struct, gc=False, kw_only=True):
    """What every list answer shares; each subclass says under which name and of what type its `rows` come."""

    rows: list[Any]
    pagination: Pagination | None = None
    DateTimeUTC: str | None = None


class Invoices(Answer, gc=False, kw_only=True):
    """A page of invoices."""

    rows: list[InvoiceRow] = field(name="Invoices")


class Contacts(Answer, gc=False, kw_only=True):
    """A page of contacts."""

    rows: list[ContactRow] = field(name="Contacts")


class Payments(Answer, gc=False, kw_only=True):
    """A page of payments."""

    rows: list[PaymentRow] = field(name="Payments")


class CreditNotes(Answer, gc=False, kw_only=True):
    """A page of credit notes."""

    rows: list[CreditNoteRow] = field(name="CreditNotes")


class Overpayments(Answer, gc=False, kw_only=True):
    """A page of overpayments."""

    rows: list[OverpaymentRow] = field(name="Overpayments")


class Prepayments(Answer, gc=False, kw_only=True):
    """A page of prepayments."""

    rows: list[PrepaymentRow] = field(name="Prepayments")


class Organisations(Answer, gc=False, kw_only=True):
    """Always one row."""

    rows: list[OrganisationRow] = field(name="Organisations")


class Reminders(Answer, gc=False, kw_only=True):
    """Always one row."""

    rows: list[ReminderRow] = field(name="InvoiceReminders")


class Themes(Answer, gc=False, kw_only=True):
    """All themes, never paged."""

    rows: list[ThemeRow] = field(name="BrandingThemes")


class Links(Answer, gc=False, kw_only=True):
    """One row at most."""

    rows: list[LinkRow] = field(name="OnlineInvoices")


class HistoryRecords(Answer, gc=False, kw_only=True):
    """What happened to one invoice, newest first."""

    rows: list[HistoryRow] = field(name="HistoryRecords")
