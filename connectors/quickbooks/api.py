"""Talking to QuickBooks Online: authorised requests, and a count of what they cost."""

from collections import Counter
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from connectors.http import Reply, Session
from connectors.oauth import TokenSource
from connectors.quickbooks import faults, statements, wire
from connectors.quickbooks import rows as row
from connectors.quickbooks.refusals import BadRow, Missing, fault_in, refused
from worker.core.secret import Secret
from worker.errors import BooksGarbled

TRACE = ("intuit_tid", "Intuit-Tid")  # written one way in Intuit's pages, the other on the wire
PER_MINUTE = 450  # of 500 for one company; Intuit, "Limits and throttles"
_MINOR = "75"
_HOME = "intuit.com"


class QuickBooksApi:
    """One company's Accounting API. `calls` counts successful reads by purpose: each is metered."""

    def __init__(self, session: Session, source: TokenSource, realm: str, base: str) -> None:
        """`realm` is the company's id; `base` has no final /."""
        self._session, self._source, self.realm = session, source, realm
        self._base = f"{base}/v3/company/{realm}"
        self._at_home = _at_home(base)
        self.calls: Counter[str] = Counter()

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
            body = self._get(f"invoice/{invoice_id}", what, {"include": "invoiceLink"}, last_look=True)
        except (Missing, BadRow):
            return ""
        found = wire.decode(row.InvoiceAnswer, body, what).Invoice.InvoiceLink or ""
        trusted = _at_home(found) or not self._at_home  # a stand-in for QuickBooks has its pages elsewhere
        return found if found.startswith("https://") and trusted else ""

    def _get(self, path: str, what: str, params: Mapping[str, str] | None = None, *, last_look: bool = False) -> bytes:
        asked = {**(params or {}), "minorversion": _MINOR}

        def send(token: Secret) -> Reply:
            headers = {"Authorization": f"Bearer {token.reveal()}", "Accept": "application/json"}
            url = f"{self._base}/{path}"
            return self._session.ask("GET", url, what, params=asked, headers=headers, last_look=last_look)

        token = self._source.access()
        reply = send(token)
        fault = fault_in(reply)
        if reply.status == 401 or (fault and fault.code in faults.EXPIRED | faults.NOT_NOW):
            reply = send(self._source.renew(token))
            fault = fault_in(reply)
        if fault or not 200 <= reply.status < 300:
            raise refused(reply, fault, what)
        self.calls["last looks" if last_look else "reading"] += 1
        return reply.json(what)


def _at_home(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == _HOME or host.endswith(f".{_HOME}")
