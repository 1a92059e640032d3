"""Talking to Xero: authorised requests, its refusals in plain words, and the address of an invoice's online page."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Protocol
from urllib.parse import quote, urljoin, urlsplit

from connectors import pdf
from connectors.http import NEXT_SWEEP, Reply, Session
from connectors.meter import NOTE, ORGANISATION, PAY_LINK, PDF
from connectors.oauth import TokenSource
from connectors.xero import dates, wire
from connectors.xero import rows as row
from worker.core.permits import Rate
from worker.core.secret import Secret
from worker.core.usage import Used
from worker.errors import BooksError, BooksGarbled, BooksUnavailable, ConnectionBroken

PLATFORM = "Xero"
TRACE = "Xero-Correlation-Id"
RATE_HEADERS = ("X-MinLimit-Remaining", "X-DayLimit-Remaining", "X-AppMinLimit-Remaining")
PER_MINUTE = 55  # of 60, so that somebody else's clock never matters
DAY_LIMITS = (1000, 5000)  # Starter tier and above; developer.xero.com, "OAuth 2.0 API limits"
SHARED_PER_MINUTE = 59
"""Of the same 60, counted for all our workers together: in any minute, so that no clock matters at all."""
APP_PER_MINUTE = 9900
"""Of 10,000 for all organisations of one application."""
_HOME = "xero.com"
_CONNECTIONS = "/connections"


def shared_limits(app: str, tenant: str, per_minute: int = PER_MINUTE) -> tuple[Rate, ...]:
    """What all workers together must keep to. `app`: the client id. A stand-in may allow more than Xero."""
    most = max(SHARED_PER_MINUTE, per_minute)
    return (Rate(f"xero app {app}", APP_PER_MINUTE, 20), Rate(f"xero tenant {tenant}", most, 8))


class LinkCache(Protocol):
    """Where online-invoice addresses are kept between sweeps: each costs a call, and is a capability (never log it)."""

    def get(self, invoice_id: str) -> str | None:
        """The address kept for an invoice, or None."""

    def put(self, invoice_id: str, url: str) -> None:
        """Keep an address."""


class Missing(BooksGarbled):
    """404: what was asked for is not in these books."""


class XeroApi:
    """One organisation's Accounting API."""

    def __init__(self, session: Session, source: TokenSource, tenant: str, base: str) -> None:
        """`tenant` may be empty when the connection has one organisation only; `base` has no final /."""
        self._session, self._source, self._tenant, self._base = session, source, tenant, base

    def settle_tenant(self) -> None:
        """Find the one organisation a consent covers. Raises ConnectionBroken when there is not exactly one."""
        if self._tenant:
            return
        reply = self._ask("GET", _CONNECTIONS, "the connections", headers={}, last_look=True)
        found = wire.tenants(reply.json("the connections"))
        if len(found) != 1:
            listed = ", ".join(found) or "none"
            raise ConnectionBroken(
                f"This connection covers {len(found)} organisations (tenants: {listed}).",
                "Write in the settings which tenant is meant; connect first if there is none.",
            )
        self._tenant = found[0]

    @property
    def spare(self) -> bool:
        """Whether today's calls suffice for more than last looks."""
        return self._session.pace is None or self._session.pace.spare

    def get(
        self,
        path: str,
        what: str,
        params: Mapping[str, str] | None = None,
        since: datetime | None = None,
        *,
        last_look: bool = False,
        purpose: str = "",
    ) -> Reply:
        """One GET. `since` asks for what changed after that instant. Raises BooksError for all but a JSON answer."""
        headers = {"If-Modified-Since": dates.stamp(since)} if since else {}
        named = ORGANISATION if path == "Organisation" else purpose  # Xero does not count these bytes
        reply = self._ask("GET", path, what, params=params, headers=headers, last_look=last_look, purpose=named)
        reply.json(what)
        return reply

    def put(self, path: str, what: str, body: bytes) -> None:
        """One PUT, never repeated by us. The key makes Xero answer an accidental repeat within minutes as the first."""
        key = sha256(path.encode() + b"\n" + body).hexdigest()
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        self._ask("PUT", path, what, headers=headers, body=body, last_look=True, purpose=NOTE)

    def online_link(self, invoice_id: str) -> str:
        """Where the client can see and pay an invoice, or "" when it has no such page."""
        what = "an invoice's online address"
        try:
            reply = self.get(f"Invoices/{invoice_id}/OnlineInvoice", what, last_look=True, purpose=PAY_LINK)
        except Missing:
            return ""
        found = next((r.OnlineInvoiceUrl for r in wire.decode(row.Links, reply.body).rows if r.OnlineInvoiceUrl), "")
        trusted = _at_home(found) or not _at_home(self._base)  # a stand-in for Xero has its pages elsewhere
        return found if found.startswith("https://") and trusted else ""

    def pdf(self, invoice_id: str) -> bytes:
        """An invoice as its client would get it. Raises BooksError, Missing among them."""
        what, headers = "an invoice as PDF", {"Accept": "application/pdf"}
        path = f"Invoices/{quote(invoice_id, safe='')}"
        reply = self._ask("GET", path, what, headers=headers, last_look=True, purpose=PDF, most=pdf.MOST)
        return pdf.checked(reply, what)

    @property
    def used(self) -> Mapping[str, Used]:
        """What this connection has asked for so far, by purpose."""
        return self._session.meter.used

    def _ask(
        self,
        method: str,
        path: str,
        what: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        last_look: bool = False,
        purpose: str = "",
        most: int | None = None,
    ) -> Reply:
        def send(token: Secret) -> Reply:
            own = {"Authorization": f"Bearer {token.reveal()}", "Accept": "application/json", **headers}
            if self._tenant:
                own["xero-tenant-id"] = self._tenant
            url = urljoin(self._base, path) if path.startswith("/") else f"{self._base}/{path}"
            return self._session.ask(
                method,
                url,
                what,
                params=params,
                headers=own,
                body=body,
                last_look=last_look,
                purpose=purpose,
                most=most,
            )

        token = self._source.access()
        reply = send(token)
        if reply.status == 401 and not _lacks_scope(reply):
            reply = send(self._source.renew(token))
        if 200 <= reply.status < 300:
            return reply
        raise refused(reply, what)


def _at_home(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == _HOME or host.endswith(f".{_HOME}")


def _lacks_scope(reply: Reply) -> bool:
    """A 401 that no new token mends. Both spellings are in use, in the header or in the body."""
    said = reply.headers.get("WWW-Authenticate", "")
    detail = wire.refusal(reply.body).get("Detail", "")
    return any(s in said for s in ("insufficient_scope", "insufficent_scope")) or "AuthorizationUnsuccessful" in detail


def refused(reply: Reply, what: str) -> BooksError:
    """The error that a refusal means, in words. Source of the codes: developer.xero.com, "Response codes"."""
    end = f"{reply.mark()}."
    if reply.status == 401 and _lacks_scope(reply):
        return ConnectionBroken(
            f"This connection may not touch {what}: a scope is missing{end}",
            "Add the scopes listed in the Xero connector's README to the application and connect again.",
        )
    if reply.status == 401:
        return ConnectionBroken(
            f"Xero rejects even a fresh access token when asked for {what}{end}", "Connect this organisation again."
        )
    if reply.status == 403:
        return ConnectionBroken(
            f"Xero does not let this connection see {what}{end}",
            "Check the tenant id; if somebody disconnected the application in Xero, connect it again.",
        )
    if reply.status == 404:
        return Missing(f"Xero does not know {what}{end}", "Check the tenant id and the address of the API.")
    if reply.status >= 500 and reply.status != 501:
        return BooksUnavailable(f"Xero could not answer ({reply.status}) when asked for {what}{end}", NEXT_SWEEP)
    said = wire.refusal(reply.body).get("Message", "")[:200]
    return BooksGarbled(
        f"Xero refused to answer ({reply.status}{': ' + said if said else ''}) when asked for {what}{end}",
        "Report this: it is a request Xero does not understand.",
    )
