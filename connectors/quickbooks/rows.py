"""The parts of QuickBooks Online's JSON we use, as typed rows. PURE. Source: Intuit's Finance.xsd.

Every field but the ones a row makes no sense without may be missing: QuickBooks leaves out what is empty. Unknown
fields are ignored and unknown enumeration values are just text.
"""

from decimal import Decimal
from typing import Any

from msgspec import Raw, Struct, field


class Ref(Struct, gc=False):
    """A reference; `name` may be missing."""

    value: str = ""
    name: str | None = None


class Times(Struct, gc=False):
    """When a row was made and last changed; always with a Pacific offset, whatever the company's zone."""

    CreateTime: str | None = None
    LastUpdatedTime: str | None = None


class Email(Struct, gc=False):
    """One string that may hold several addresses."""

    Address: str | None = None


class Linked(Struct, gc=False):
    """What a transaction, or a line of it, hangs together with."""

    TxnId: str = ""
    TxnType: str = ""


class OwnField(Struct, gc=False):
    """A field the company named itself; on invoices this is where purchase orders usually are."""

    Name: str | None = None
    StringValue: str | None = None


class Delivery(Struct, gc=False):
    """How QuickBooks' own e-mail of the invoice fared."""

    DeliveryType: str | None = None
    DeliveryErrorType: str | None = None


class InvoiceLine(Struct, gc=False):
    """A line of an invoice."""

    Description: str | None = None


class PaymentLine(Struct, gc=False):
    """What part of a payment settles."""

    Amount: Decimal = Decimal(0)
    LinkedTxn: list[Linked] | None = None


class Head(Struct, gc=False):
    """What even the stub of a deleted object has."""

    Id: str
    status: str | None = None
    MetaData: Times | None = None


class Row(Struct, gc=False, kw_only=True):
    """What every object has."""

    Id: str
    SyncToken: str | None = None
    MetaData: Times | None = None


class InvoiceRow(Row, gc=False, kw_only=True):
    """An invoice. There is no status: amounts tell."""

    TotalAmt: Decimal
    Balance: Decimal
    CustomerRef: Ref
    DocNumber: str | None = None
    TxnDate: str | None = None
    DueDate: str | None = None
    CurrencyRef: Ref | None = None
    SalesTermRef: Ref | None = None
    EmailStatus: str | None = None
    DeliveryInfo: Delivery | None = None
    PONumber: str | None = None
    CustomField: list[OwnField] | None = None
    RecurDataRef: Ref | None = None
    InvoiceLink: str | None = None
    Line: list[InvoiceLine] | None = None


class Address(Struct, gc=False):
    """A postal address."""

    Country: str | None = None


class CustomerRow(Row, gc=False, kw_only=True):
    """A customer, sub-customer or project."""

    DisplayName: str | None = None
    GivenName: str | None = None
    FamilyName: str | None = None
    PrimaryEmailAddr: Email | None = None
    BillAddr: Address | None = None
    Active: bool | None = None
    ParentRef: Ref | None = None
    BillWithParent: bool | None = None


class PaymentRow(Row, gc=False, kw_only=True):
    """A payment; a credit set against an invoice is one too, of nothing."""

    TotalAmt: Decimal
    TxnDate: str
    CustomerRef: Ref
    UnappliedAmt: Decimal | None = None
    CurrencyRef: Ref | None = None
    DepositToAccountRef: Ref | None = None
    PaymentRefNum: str | None = None
    Line: list[PaymentLine] | None = None


class CreditMemoRow(Row, gc=False, kw_only=True):
    """A credit memo."""

    CustomerRef: Ref
    TotalAmt: Decimal
    RemainingCredit: Decimal | None = None
    Balance: Decimal | None = None
    CurrencyRef: Ref | None = None
    DocNumber: str | None = None
    TxnDate: str | None = None


class TermRow(Row, gc=False, kw_only=True):
    """Payment terms; the due date is on the invoice, so only the name matters."""

    Name: str | None = None


class NameValue(Struct, gc=False):
    """A loose fact about a company."""

    Name: str | None = None
    Value: str | None = None


class CompanyRow(Struct, gc=False):
    """GET /companyinfo/{realm}. `DefaultTimeZone` is in the schema and rarely on the wire."""

    CompanyName: str | None = None
    Country: str | None = None
    DefaultTimeZone: str | None = None


class SalesPrefs(Struct, gc=False):
    """Preferences of sales forms."""

    ETransactionPaymentEnabled: bool | None = None


class Currencies(Struct, gc=False):
    """Preferences about currencies."""

    HomeCurrency: Ref | None = None


class PreferencesRow(Struct, gc=False):
    """GET /preferences."""

    SalesFormsPrefs: SalesPrefs | None = None
    CurrencyPrefs: Currencies | None = None


class Listed(Struct, gc=False):
    """The inside of a query's answer or one block of changes: rows under their entity's name, or nothing at all."""

    Invoice: list[Raw] = field(default_factory=list)
    Payment: list[Raw] = field(default_factory=list)
    CreditMemo: list[Raw] = field(default_factory=list)
    Customer: list[Raw] = field(default_factory=list)
    Term: list[Raw] = field(default_factory=list)
    totalCount: int | None = None  # noqa: N815 - QuickBooks' spelling


class QueryAnswer(Struct, gc=False):
    """GET /query."""

    QueryResponse: Listed
    time: Any = None


class Changes(Struct, gc=False):
    """One part of GET /cdc."""

    QueryResponse: list[Listed] = field(default_factory=list)


class ChangesAnswer(Struct, gc=False):
    """GET /cdc."""

    CDCResponse: list[Changes]
    time: Any = None


class InvoiceAnswer(Struct, gc=False):
    """GET /invoice/{id}."""

    Invoice: InvoiceRow


class CompanyAnswer(Struct, gc=False):
    """GET /companyinfo/{realm}."""

    CompanyInfo: CompanyRow


class PreferencesAnswer(Struct, gc=False):
    """GET /preferences."""

    Preferences: PreferencesRow


KINDS: dict[str, type[Row]] = {
    "Invoice": InvoiceRow,
    "Payment": PaymentRow,
    "CreditMemo": CreditMemoRow,
    "Customer": CustomerRow,
    "Term": TermRow,
}
