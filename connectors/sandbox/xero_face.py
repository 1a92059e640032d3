"""The Accounting API's face of the sandbox: routes, checks and documents, from a Request to an Answer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import parse_qs, parse_qsl
from uuid import UUID, uuid5

from connectors.sandbox.books import Books, ImpossibleError
from connectors.sandbox.consents import Choice, Consents, Look
from connectors.sandbox.faults import REPLACING, SPOILING, TWISTING, Fault
from connectors.sandbox.tokens import ITSELF, SCOPES, Connection
from connectors.sandbox.wire import Answer, Request, Row, invalid, problem, reply, text
from connectors.sandbox.world import World
from connectors.sandbox.xero_rows import Shelf
from connectors.sandbox.xero_view import View

BASE = "/api.xro/2.0/"
AUTHORIZE, REVOKE, CONNECTIONS = "/identity/connect/authorize", "/connect/revocation", "/connections"
_NEEDS = {
    "Invoices": "invoices", "CreditNotes": "invoices", "Payments": "payments", "BatchPayments": "payments",
    "Overpayments": "payments", "Prepayments": "payments", "Contacts": "contacts", "ContactGroups": "contacts",
}  # fmt: skip
_NOT_FOUND = text("The resource you're looking for cannot be found", 404)
_KEPT = timedelta(minutes=6)  # how long Xero remembers an idempotency key
_SPACE = UUID("c0a7f0b6-7f0e-5b39-8a50-5a0b8b1a9d11")


class XeroFace:
    """Answers requests for the organisations of a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._shelf = Shelf(world)
        self._keys: dict[str, tuple[datetime, tuple[str, bytes], Answer]] = {}
        self._consents = Consents(world.tokens.apps, Look("Xero", AUTHORIZE, several=True), world.tokens.fresh)

    def handle(self, request: Request) -> Answer:
        """Answer one request and count its time; faults strike before and after the true answer."""
        tenant = request.headers.get("xero-tenant-id", "").lower()
        self.world.limiter.enter(tenant)
        try:
            with self.world.lock:
                return self._struck(request, tenant)
        finally:
            self.world.limiter.leave(tenant)

    def _struck(self, request: Request, tenant: str) -> Answer:
        page = request.query.get("page", "1")
        self.world.clock.request()
        number = int(page) if page.isdigit() else 1
        fault = self.world.fault(request.method, _endpoint(request.path), number, tenant)
        if fault and fault.kind in REPLACING:
            return replace(REPLACING[fault.kind](fault), fault=fault.kind)
        try:
            answer = self._route(request, fault)
        except ValueError as error:
            answer = invalid(str(error))
        if fault and fault.kind in SPOILING:
            answer = SPOILING[fault.kind](answer)
        return replace(answer, fault=fault.kind) if fault else answer

    def _route(self, request: Request, fault: Fault | None) -> Answer:
        now, tokens = self.world.clock.service, self.world.tokens
        if request.path == "/connect/token" and request.method == "POST":
            return tokens.grant(request, dict(parse_qsl(request.body.decode())), now)
        if request.path == REVOKE and request.method == "POST":
            return tokens.revoke(request, dict(parse_qsl(request.body.decode())))
        if request.path == AUTHORIZE:
            return self._consent(request)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        scopes = tokens.scopes(token, now) if scheme == "Bearer" else "AuthenticationUnsuccessful"
        if isinstance(scopes, str):
            return problem(401, "Unauthorized", scopes)
        if request.path.lower().startswith(CONNECTIONS):
            return self._connected(request, token)
        if not request.path.startswith(BASE):
            return _NOT_FOUND
        tenant = request.headers.get("xero-tenant-id", "").lower()
        if tenant not in self.world.companies or not tokens.reaches(token, tenant):
            return problem(403, "Forbidden", "AuthenticationUnsuccessful")
        return self._accounting(request, scopes, fault)

    def _consent(self, request: Request) -> Answer:
        """The page that asks a person, and what becomes of its answer."""
        names = {tenant: company.organisation.name for tenant, company in self.world.companies.items()}
        if request.method == "GET":
            return self._consents.page(request.query, SCOPES, names)
        choice = self._consents.answered(parse_qs(request.body.decode()), names)
        return self.world.tokens.allowed(choice, self.world.clock.service) if isinstance(choice, Choice) else choice

    def _connected(self, request: Request, token: str) -> Answer:
        """GET: the user's connections, of one consent if it is named; DELETE: end one of them."""
        tokens, user = self.world.tokens, self.world.tokens.user(token)
        if user == ITSELF:
            mine = [Connection(str(uuid5(_SPACE, t)), user, t, "", self.world.clock.now) for t in self.world.companies]
        else:
            mine = [one for one in tokens.connections.values() if one.user == user]
        key = request.path[len(CONNECTIONS) :].strip("/").lower()
        if request.method == "GET" and not key:
            event = request.query.get("authEventId")
            return reply([self._connection(one) for one in mine if event in {None, one.event}])
        if request.method == "DELETE" and key in {one.id for one in mine} and user != ITSELF:
            del tokens.connections[key]
            return Answer(204)
        return _NOT_FOUND

    def _connection(self, one: Connection) -> Row:
        since = f"{one.since:%Y-%m-%dT%H:%M:%S}.0000000"
        return {
            "id": one.id,
            "authEventId": one.event or str(uuid5(_SPACE, "consent")),
            "tenantId": one.tenant,
            "tenantType": "ORGANISATION",
            "tenantName": self.world.companies[one.tenant].organisation.name,
            "createdDateUtc": since,
            "updatedDateUtc": since,
        }

    def _accounting(self, request: Request, scopes: frozenset[str], fault: Fault | None) -> Answer:
        tenant = request.headers.get("xero-tenant-id", "").lower()
        now, limiter = self.world.clock.service, self.world.limiter
        answer = limiter.start(tenant, now) or self._allowed(request, tenant, scopes, fault)
        return replace(answer, headers={**answer.headers, **limiter.remaining(tenant, now)})

    def _allowed(self, request: Request, tenant: str, scopes: frozenset[str], fault: Fault | None) -> Answer:
        area = _NEEDS.get(_endpoint(request.path), "settings")
        wanted = {f"accounting.{area}"} | ({f"accounting.{area}.read"} if request.method == "GET" else set())
        if not wanted & scopes:
            refusal = 'Bearer error="insufficient_scope"'
            return problem(401, "Unauthorized", "AuthorizationUnsuccessful", WWW_Authenticate=refusal)
        if "application/json" not in request.headers.get("accept", ""):
            note = "<Response><Message>XML is the default here; ask with Accept: application/json</Message></Response>"
            return text(note, 406, "text/xml")
        try:
            return self._document(request, tenant, fault)
        except ImpossibleError:
            return _NOT_FOUND

    def _document(self, request: Request, tenant: str, fault: Fault | None) -> Answer:
        parts = request.path[len(BASE) :].strip("/").split("/")
        view = View(self.world, self._shelf, tenant, self._books(tenant, fault), request)
        if request.method == "PUT" and len(parts) == 3 and parts[0] == "Invoices" and parts[2] == "History":
            return self._once(request, lambda: view.write_history(parts[1]))
        if request.method != "GET":
            return Answer(501)
        body = view.document(parts)
        if body is None:
            return _NOT_FOUND
        if fault and fault.kind in TWISTING:
            last = body.get("pagination", {}).get("pageCount", 1)
            page = str(max(1, min(int(request.query.get("page", "1")) - 1, last)))
            before = Request("GET", request.path, {**request.query, "page": page}, request.headers)
            earlier = View(self.world, self._shelf, tenant, view.books, before).document(parts)
            body = TWISTING[fault.kind](body, earlier or {})
        return reply(view.envelope() | body)

    def _once(self, request: Request, write: Callable[[], Answer]) -> Answer:
        """Honour an idempotency key: the same request gets the same answer, another one under the key is refused."""
        key, now = request.headers.get("idempotency-key"), self.world.clock.service
        if key is None:
            return write()
        same = (request.path, request.body)
        made, first, answer = self._keys.get(key, (now, same, None))
        if answer is None or now - made > _KEPT:
            answer, first = write(), same
            self._keys[key] = (now, same, answer)
        if first != same:
            return invalid("The idempotency key was used for another request", kind="ValidationException", number=10)
        return answer

    def _books(self, tenant: str, fault: Fault | None) -> Books:
        if fault and fault.kind == "stale":
            return self.world.books(tenant, timedelta(minutes=float(fault.value or 60)))
        return self.world.books(tenant)


def _endpoint(path: str) -> str:
    if path.lower().startswith(CONNECTIONS):
        return "connections"
    tail = path[len(BASE) :] if path.startswith(BASE) else path.strip("/").rpartition("/")[2]
    return tail.partition("/")[0]
