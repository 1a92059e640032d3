"""The company itself and its preferences, as QuickBooks shows them."""

from collections.abc import Callable
from datetime import datetime

from connectors.sandbox.company import Company
from connectors.sandbox.quickbooks_json import Row, meta


def company_info(company: Company, now: datetime) -> Row:
    """The company; like most real ones it does not name its time zone."""
    organisation, began = company.organisation, company.events
    return {
        "CompanyName": organisation.name,
        "LegalName": organisation.name,
        "CompanyAddr": {"Id": "1", "Country": organisation.country},
        "Country": organisation.country,
        "Email": {"Address": f"accounts@{organisation.domain}"},
        "WebAddr": {},
        "SupportedLanguages": "en",
        "FiscalYearStartMonth": "April",
        "NameValue": [{"Name": "SubscriptionStatus", "Value": "SUBSCRIBED"}],
        "domain": "QBO",
        "sparse": False,
        "Id": "1",
        "SyncToken": "0",
        "MetaData": meta(began[0].at if began else now),
    }


def preferences(company: Company, now: datetime) -> Row:
    """The company's preferences."""
    return {
        "SalesFormsPrefs": {
            "ETransactionPaymentEnabled": True,
            "AutoApplyCredit": False,
            "CustomTxnNumbers": False,
            "DefaultTerms": {"value": "2"},
        },
        "EmailMessagesPrefs": {"InvoiceMessage": {"Subject": "Invoice", "Message": "Here is your invoice."}},
        "CurrencyPrefs": {
            "MultiCurrencyEnabled": True,
            "HomeCurrency": {"value": company.organisation.currency},
        },
        "OtherPrefs": {"NameValue": [{"Name": "SalesFormsPrefs.DefaultCustomerMessage", "Value": "Thank you"}]},
        "domain": "QBO",
        "sparse": False,
        "Id": "1",
        "SyncToken": "0",
        "MetaData": meta(now),
    }


COMPANY: dict[str, Callable[[Company, datetime], Row]] = {"CompanyInfo": company_info, "Preferences": preferences}
