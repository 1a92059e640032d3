"""Talking to QuickBooks Online: authorised requests, each of which is metered by Intuit."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlsplit

from connectors import pdf
from connectors.http import Reply, Session
from connectors.meter import PAY_LINK, PDF
from connectors.oauth import TokenSource
from connectors.quickbooks import faults, statements, wire
from connectors.quickbooks import rows as row
from connectors.quickbooks.refusals import BadRow, Missing, fault_in, refused
from worker.core.permits import Rate
from worker.core.secret import Secret
from worker.core.usage import Used
from worker.errors import BooksGarbled

TRACE = ("intuit_tid", "Intuit-Tid")  # written one way in Intuit's pages, the other on the wire
PER_MINUTE = 450  # of 500 for one company; Intuit, "Limits and throttles"
PER_SECOND = 8  # of 10 for one company and application
SHARED_PER_MINUTE = 490
"""Of the same 500, counted for all workers together. For a whole application Intuit limits the month only."""
_MINOR = "75"
_HOME = "intuit.com"


def shared_limits(realm: str, per_minute: int = PER_MINUTE) -> tuple[Rate, ...]:
    """What all workers together must keep to; a stand-in allows more than Intuit."""
    return (Rate(f"quickbooks company {realm}", max(SHARED_PER_MINUTE, per_minute), 8),)


class QuickBooksApi:
    """One company's Accounting API."""

    def __init__(self, session: Session, source: TokenSource, realm: str, base: str) -> None:
        """`realm` is the company's id; `base` has no final /."""
        self._session, self._source, self.realm = session, source, realm
        self._base = f"{base}/v3/company/{realm}"
        self._at_home = _at_home(base)

    def query(self, statement: str, what: str, *, last_look: bool = False) -> row.QueryAnswer:
        """What a statement finds. Raises BooksError; BadRow when one of the rows spoils the answer."""
        body = self._get("query", what, {"query": statement}, last_look=last_look)
        return wire.decode(row.QueryAnswer, body, what)

    def count(self, entity: str, where: Sequence[str]) -> int:
        """How many rows there are. Raises BooksError."""
        what = f"the number of {entity} rows"
        found = self.query(statements.count(entity, where), what).QueryResponse.totalCount
        if found is None:
            raise BooksGarbled(f"QuickBooks did not tell {what}.", "Run again.")
        return found

    def changes(self, entities: Sequence[str], since: str) -> row.ChangesAnswer:
        """Everything of these entities changed at or after an instant. Raises BooksError; TooOld beyond thirty days."""
        asked = {"entities": ",".join(entities), "changedSince": since}
        return wire.decode(row.ChangesAnswer, self._get("cdc", "changes", asked), "changes")

    def company(self) -> row.CompanyRow:
        """The company itself. Raises BooksError."""
        what = "the company"
        return wire.decode(row.CompanyAnswer, self._get(f"companyinfo/{self.realm}", what), what).CompanyInfo

    def preferences(self, *, last_look: bool = False) -> row.PreferencesRow:
        """The company's preferences. Raises BooksError."""
        what = "the preferences"
        body = self._get("preferences", what, last_look=last_look)
        return wire.decode(row.PreferencesAnswer, body, what).Preferences

    def invoice_link(self, invoice_id: str) -> str:
        """Where the client can see and pay an invoice, or "": it needs online payment and a valid address.

        Asked for one by one only: in a list, one invalid address would fail the whole answer.
        """
        what = "an invoice's pay link"
        try:
            asked = {"include": "invoiceLink"}
            body = self._get(f"invoice/{invoice_id}", what, asked, last_look=True, purpose=PAY_LINK)
        except (Missing, BadRow):
            return ""
        found = wire.decode(row.InvoiceAnswer, body, what).Invoice.InvoiceLink or ""
        trusted = _at_home(found) or not self._at_home  # a stand-in for QuickBooks has its pages elsewhere
        return found if found.startswith("https://") and trusted else ""

    def pdf(self, invoice_id: str) -> bytes:
        """An invoice as its client would get it. Raises BooksError, Missing among them."""
        what, path = "an invoice as PDF", f"invoice/{quote(invoice_id, safe='')}/pdf"
        reply = self._ask(path, what, {}, last_look=True, purpose=PDF, accept="application/pdf", most=pdf.MOST)
        return pdf.checked(reply, what)

    @property
    def used(self) -> Mapping[str, Used]:
        """What this connection has asked for so far, by purpose."""
        return self._session.meter.used

    def _get(
        self,
        path: str,
        what: str,
        params: Mapping[str, str] | None = None,
        *,
        last_look: bool = False,
        purpose: str = "",
    ) -> bytes:
        return self._ask(path, what, params or {}, last_look=last_look, purpose=purpose).json(what)

    def _ask(
        self,
        path: str,
        what: str,
        params: Mapping[str, str],
        *,
        last_look: bool,
        purpose: str,
        accept: str = "application/json",
        most: int | None = None,
    ) -> Reply:
        asked = {**params, "minorversion": _MINOR}

        def send(token: Secret) -> Reply:
            return self._session.ask(
                "GET",
                f"{self._base}/{path}",
                what,
                params=asked,
                headers={"Authorization": f"Bearer {token.reveal()}", "Accept": accept},
                last_look=last_look,
                purpose=purpose,
                most=most,
            )

        token = self._source.access()
        reply = send(token)
        fault = fault_in(reply)
        if reply.status == 401 or (fault and fault.code in faults.EXPIRED | faults.NOT_NOW):
            reply = send(self._source.renew(token))
            fault = fault_in(reply)
        if fault or not 200 <= reply.status < 300:
            raise refused(reply, fault, what)
        return reply


def _at_home(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == _HOME or host.endswith(f".{_HOME}")
