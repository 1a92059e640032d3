"""QuickBooks' face of the sandbox: routes, checks and answers over the same companies, from a Request to an Answer."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import parse_qs, parse_qsl

from connectors.sandbox import quickbooks_faults as faults
from connectors.sandbox.books import Books
from connectors.sandbox.consents import Choice, Consents, Look
from connectors.sandbox.faults import Fault
from connectors.sandbox.quickbooks_json import Row, digits, stamp
from connectors.sandbox.quickbooks_query import QueryError
from connectors.sandbox.quickbooks_rows import Shelf
from connectors.sandbox.quickbooks_tokens import SCOPES, STANDING, Bearers
from connectors.sandbox.quickbooks_view import Spoilt, View
from connectors.sandbox.quickbooks_xml import document
from connectors.sandbox.wire import Answer, Request, reply, text
from connectors.sandbox.world import World

BASE = "/v3/company/"
TOKEN = "/oauth2/v1/tokens/bearer"  # noqa: S105 - a path
AUTHORIZE, REVOKE = "/connect/oauth2", "/v2/oauth2/tokens/revoke"
DISCOVERY = "/.well-known/openid_sandbox_configuration"
PATHS = (BASE, "/oauth2/", AUTHORIZE, REVOKE, DISCOVERY)
TRACE = "intuit_tid"
A_MINUTE = 500


def standing_consent(tenant: str) -> tuple[str, str]:
    """The company id of an organisation and a refresh token that is always good for it and never changes: for trying
    out, where nobody should have to consent first."""
    realm = digits(tenant)
    return realm, f"{STANDING}{realm}"


class QuickBooksFace:
    """Answers requests for the companies of a world. ``metered`` counts, by tenant, the successful reads that cost."""

    def __init__(self, world: World) -> None:
        self.world, self.bearers = world, Bearers(world.quickbooks_apps)
        look = Look("QuickBooks", AUTHORIZE, several=False)
        self._consents = Consents(world.quickbooks_apps, look, self.bearers.fresh)
        self.metered: dict[str, int] = {}
        self._shelf = Shelf(world)
        self._minute: dict[tuple[str, int], int] = {}

    def realm(self, tenant: str) -> str:
        """The company id that stands for an organisation here."""
        return digits(tenant)

    def tenant(self, path: str) -> str | None:
        """The organisation a path is about."""
        realm = path[len(BASE) :].partition("/")[0] if path.startswith(BASE) else ""
        return next((t for t in self.world.companies if digits(t) == realm), None)

    def handle(self, request: Request) -> Answer:
        """Answer one request and count its time; faults strike before and after the true answer."""
        with self.world.lock:
            self.world.clock.request()
            tenant = self.tenant(request.path)
            fault = self.world.fault(request.method, self._endpoint(request), _page(request), tenant or "")
            if fault and fault.kind in faults.REPLACING:
                answer = replace(faults.REPLACING[fault.kind](fault), fault=fault.kind)
            else:
                answer = self._answered(request, tenant, fault)
            if tenant and answer.status == 200 and b'ault":{' not in answer.body:
                self.metered[tenant] = self.metered.get(tenant, 0) + 1
            return answer

    def _answered(self, request: Request, tenant: str | None, fault: Fault | None) -> Answer:
        answer = self._route(request, tenant, fault)
        if fault and fault.kind in faults.SPOILING:
            answer = faults.SPOILING[fault.kind](answer)
        return replace(answer, fault=fault.kind) if fault else answer

    def _endpoint(self, request: Request) -> str:
        """What faults call it: the entity of a query, else the first part of the path after the company."""
        if not request.path.startswith(BASE):
            return {AUTHORIZE: "authorize", REVOKE: "revoke"}.get(request.path, "token")
        name = request.path[len(BASE) :].strip("/").split("/")[1:2]
        if name == ["query"]:
            words = _statement(request).split()
            at = next((n for n, word in enumerate(words) if word.lower() == "from"), -1)
            return words[at + 1] if 0 <= at < len(words) - 1 else "query"
        return name[0] if name else ""

    def _route(self, request: Request, tenant: str | None, fault: Fault | None) -> Answer:
        now = self.world.clock.service
        if request.path == TOKEN and request.method == "POST":
            return self.bearers.grant(request, dict(parse_qsl(request.body.decode())), now)
        if request.path == REVOKE and request.method == "POST":
            return self.bearers.revoke(request)
        if request.path == AUTHORIZE:
            return self._consent(request)
        if request.path == DISCOVERY:
            return reply(_endpoints(f"http://{request.headers.get('host', '')}"))
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        realm = self.bearers.realm(token, now) if scheme == "Bearer" else None
        if realm is None:
            return faults.gateway("AuthenticationFailed", "3200", 401, "AUTHENTICATION", f"Token expired: {token[:12]}")
        if tenant is None or digits(tenant) != realm:
            return faults.gateway("ApplicationAuthorizationFailed", "3100", 403, "AuthorizationFault")
        window = (tenant, int(now.timestamp()) // 60)
        self._minute[window] = self._minute.get(window, 0) + 1
        if self._minute[window] > A_MINUTE:
            return faults.throttled(None)
        try:
            return self._said(request, self._document(request, tenant, fault), fault)
        except QueryError as error:
            name = "Error parsing query" if error.code == "4000" else "Invalid query"
            return faults.service(name, error.code, detail=str(error))
        except Spoilt:
            return faults.spoilt()

    def _consent(self, request: Request) -> Answer:
        """The page that asks a person, and what becomes of its answer."""
        names = {digits(tenant): company.organisation.name for tenant, company in self.world.companies.items()}
        if request.method == "GET":
            return self._consents.page(request.query, SCOPES, names)
        choice = self._consents.answered(parse_qs(request.body.decode()), names)
        return self.bearers.allowed(choice, self.world.clock.service) if isinstance(choice, Choice) else choice

    def _said(self, request: Request, body: Row | None, fault: Fault | None) -> Answer:
        if body is None:
            where = f"Operation {request.method} {request.path} is not supported."
            return faults.service("Unsupported Operation", "500", detail=where)
        if "Fault" in body:
            return reply(body, 400)
        whole = {**body, "time": _time(self.world.clock.now)}
        if "application/json" not in request.headers.get("accept", "") or (fault and fault.kind == "xml"):
            return text(document(whole), 200, "application/xml")
        answer = reply(whole)
        return replace(answer, headers={"Content-Type": "application/json;charset=UTF-8", "QBO-Version": "sandbox"})

    def _document(self, request: Request, tenant: str, fault: Fault | None) -> Row | None:
        kept = self._shelf.of(tenant, self._books(tenant, fault))
        view = View(kept, self.world.companies[tenant], self.world.clock.now, fault)
        parts = [part.lower() for part in request.path[len(BASE) :].strip("/").split("/")][1:]
        match (request.method, parts):
            case ("GET" | "POST", ["query"]):
                return {"QueryResponse": view.query(_statement(request))}
            case ("GET", ["cdc"]):
                return view.changes(request)
            case ("POST", ["batch"]):
                items = len(json.loads(request.body or b"{}").get("BatchItemRequest", []))
                self.metered[tenant] = self.metered.get(tenant, 0) + max(0, items - 1)  # each is metered
                return view.batch(request.body)
            case ("GET", ["companyinfo", _]):
                return view.about("CompanyInfo")
            case ("GET", ["preferences"]):
                return view.about("Preferences")
            case ("GET", [name, key]):
                return view.single(name, key, link="invoicelink" in request.query.get("include", "").lower())
        return None

    def _books(self, tenant: str, fault: Fault | None) -> Books:
        if fault and fault.kind == "stale":
            return self.world.books(tenant, timedelta(minutes=float(fault.value or 60)))
        return self.world.books(tenant)


def _endpoints(base: str) -> Row:
    """The discovery document, which Intuit's own Python client asks for before anything else."""
    names = ("issuer", "jwks_uri", "userinfo_endpoint")
    known = {"token_endpoint": TOKEN, "authorization_endpoint": AUTHORIZE, "revocation_endpoint": REVOKE}
    return {name: f"{base}{path}" for name, path in known.items()} | {
        name: f"{base}/oauth2/v1/{name}" for name in names
    }


def _statement(request: Request) -> str:
    """A query's text: a parameter of a GET, the bare body of a POST."""
    return request.body.decode("utf-8", "replace") if request.method == "POST" else request.query.get("query", "")


def _page(request: Request) -> int:
    """For faults: which page of a list this is, as far as an offset tells."""
    words = _statement(request).upper().split()
    at = words.index("STARTPOSITION") if "STARTPOSITION" in words else -1
    return int(words[at + 1]) if 0 <= at < len(words) - 1 and words[at + 1].isdecimal() else 1


def _time(now: datetime) -> str:
    return f"{stamp(now)[:19]}.000{stamp(now)[19:]}"
