"""Talking to QuickBooks Online: authorised requests, its refusals in plain words, and a count of what they cost."""

from collections import Counter
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from connectors.http import LONGEST_WAIT, NEXT_SWEEP, PassingError, Reply, Session, seconds
from connectors.oauth import Secret, TokenSource
from connectors.quickbooks import faults, statements, wire
from connectors.quickbooks import rows as row
from connectors.quickbooks.faults import Fault
from worker.errors import BooksError, BooksGarbled, BooksUnavailable, ConnectionBroken

PLATFORM = "QuickBooks"
TRACE = ("intuit_tid", "Intuit-Tid")  # written one way in Intuit's pages, the other on the wire
PER_MINUTE = 450  # of 500 for one company; Intuit, "Limits and throttles"
THROTTLED_WAIT = 60.0  # seconds; Intuit, "Limits and throttles"
_JITTER = 5.0
_MINOR = "75"
_HOME = "intuit.com"
_REPORT = "Report this: it is a request QuickBooks does not understand."
_SPENT = "Look at the app's usage in Intuit's developer portal: calls come back next month, or with a larger plan."


class Missing(BooksGarbled):
    """610: what was asked for is not in these books."""


class BadRow(BooksGarbled):
    """One row among those asked for cannot be delivered, and takes the whole answer with it."""


class TooOld(BooksGarbled):
    """Changes are kept for thirty days; these were asked for from before."""


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
        fault = _fault(reply)
        if reply.status == 401 or (fault and fault.code in faults.EXPIRED | faults.NOT_NOW):
            reply = send(self._source.renew(token))
            fault = _fault(reply)
        if fault or not 200 <= reply.status < 300:
            raise refused(reply, fault, what)
        self.calls["last looks" if last_look else "reading"] += 1
        return reply.json(what)


def judge(reply: Reply, what: str) -> PassingError | BooksError | None:
    """What the general rules of HTTP cannot know: throttling in any shape, a month's calls used up, a spoilt page."""
    fault = _fault(reply)
    if reply.status == 429 or (fault and fault.code in faults.THROTTLED):
        if fault and fault.spent:
            return BooksUnavailable(f"This month's calls to {PLATFORM} are used up{reply.mark()}.", _SPENT)
        given = seconds(reply.headers.get("Retry-After", ""))
        wait = THROTTLED_WAIT + _jitter(reply.trace) if given is None else given
        error = BooksUnavailable(
            f"{PLATFORM} throttles us ({reply.status}) when asked for {what}{reply.mark()}.",
            f"The next sweep tries again; should it go on, the month's calls may be used up. {_SPENT}",
            wait,
        )
        return error if wait > LONGEST_WAIT else PassingError(error, wait)
    if reply.status >= 500 and fault and fault.code in faults.BAD_ROW:
        return PassingError(refused(reply, fault, what))
    return None


def _jitter(trace: str) -> float:
    """Up to five seconds, so that many workers do not come back as one; from the platform's own id, not from chance."""
    return sum(trace.encode()) % 100 / 100 * _JITTER


def _fault(reply: Reply) -> Fault | None:
    """The fault in a reply. An answer of 200 may hold one too, but is searched only if it looks like it."""
    fine = 200 <= reply.status < 300
    if fine and not (b'"Fault"' in reply.body or b'"fault"' in reply.body or b"<Fault" in reply.body):
        return None
    return faults.fault_of(reply.body)


def _at_home(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == _HOME or host.endswith(f".{_HOME}")


def refused(reply: Reply, fault: Fault | None, what: str) -> BooksError:
    """The error that a refusal means, in words. Source of the codes: Intuit's page "Error codes"."""
    end, code = f"{reply.mark()}.", fault.code if fault else ""
    said = f" ({fault.said()})" if fault else f" ({reply.status})"
    if (found := _about_access(reply, code, what)) is not None:
        return found
    if code in faults.NOT_FOUND or (reply.status == 404 and not fault):
        return Missing(f"{PLATFORM} does not know {what}{end}", "Check the company's id and the address of the API.")
    if code in faults.BAD_ROW:
        return BadRow(
            f"{PLATFORM} could not deliver {what}{said}{end}",
            "One row spoils the answer: look for an invalid e-mail address or something made inactive on it.",
        )
    if fault and fault.old:
        return TooOld(f"{PLATFORM} no longer knows changes from so long ago{end}", "Everything is read again.")
    if reply.status >= 500 and reply.status != 501:
        return BooksUnavailable(f"{PLATFORM} could not answer{said} when asked for {what}{end}", NEXT_SWEEP)
    return BooksGarbled(f"{PLATFORM} refused to answer{said} when asked for {what}{end}", _REPORT)


def _about_access(reply: Reply, code: str, what: str) -> BooksError | None:
    end = f"{reply.mark()}."
    if code in faults.LAPSED:
        return ConnectionBroken(
            f"The company's {PLATFORM} subscription has lapsed, or this is the wrong environment{end}",
            "Ask its owner; sandbox companies need development keys and the sandbox address, real ones neither.",
        )
    if code in faults.NOT_ADMIN:
        return ConnectionBroken(
            f"Whoever connected {PLATFORM} may no longer do so{end}",
            "Somebody who administers the company must connect it again.",
        )
    if code in faults.NOT_YOURS or (reply.status == 403 and not code):
        return ConnectionBroken(
            f"{PLATFORM} does not let this connection see {what}{end}",
            "Check the company's id (realm) and that keys and address are both for production or both for a sandbox; "
            "if somebody disconnected the application, connect it again.",
        )
    if code in faults.NOT_NOW:
        return BooksUnavailable(
            f"{PLATFORM} could not check a fresh access token when asked for {what}{end}",
            "The next sweep tries again; should it go on, connect this organisation again.",
        )
    if reply.status == 401 or code in faults.EXPIRED:
        return ConnectionBroken(
            f"{PLATFORM} rejects even a fresh access token when asked for {what}{end}",
            "Connect this organisation again.",
        )
    return None
