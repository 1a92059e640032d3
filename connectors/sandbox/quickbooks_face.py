"""QuickBooks' face of the sandbox: routes, checks and answers over the same companies, from a Request to an Answer."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from connectors.sandbox import quickbooks_faults as faults
from connectors.sandbox.books import Books
from connectors.sandbox.faults import Fault
from connectors.sandbox.quickbooks_json import Row, digits, meta, stamp
from connectors.sandbox.quickbooks_query import Query, QueryError, look, parse
from connectors.sandbox.quickbooks_rows import ENTITIES, Kept, Shelf
from connectors.sandbox.quickbooks_tokens import STANDING, Bearers
from connectors.sandbox.quickbooks_xml import document
from connectors.sandbox.wire import Answer, Request, reply, text
from connectors.sandbox.world import World

BASE = "/v3/company/"
TOKEN = "/oauth2/v1/tokens/bearer"  # noqa: S105 - a path
DISCOVERY = "/.well-known/openid_sandbox_configuration"
PATHS = (BASE, "/oauth2/", DISCOVERY)
TRACE = "intuit_tid"
CUT, KEPT, A_MINUTE, BATCH = 1000, timedelta(days=30), 500, 30


def standing_consent(tenant: str) -> tuple[str, str]:
    """The company id of an organisation and a refresh token that is always good for it and never changes: for trying
    out, where nobody should have to consent first."""
    realm = digits(tenant)
    return realm, f"{STANDING}{realm}"


class QuickBooksFace:
    """Answers requests for the companies of a world. ``metered`` counts, by tenant, the successful reads that cost."""

    def __init__(self, world: World) -> None:
        self.world, self.bearers = world, Bearers()
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
            return "token"
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
        view = View(self, tenant, self._books(tenant, fault), fault)
        parts = [part.lower() for part in request.path[len(BASE) :].strip("/").split("/")][1:]
        match (request.method, parts):
            case ("GET" | "POST", ["query"]):
                return {"QueryResponse": view.query(_statement(request))}
            case ("GET", ["cdc"]):
                return view.changes(request)
            case ("POST", ["batch"]):
                return view.batch(request.body)
            case ("GET", ["companyinfo", _]):
                return {"CompanyInfo": view.company()}
            case ("GET", ["preferences"]):
                return {"Preferences": view.preferences()}
            case ("GET", [name, key]):
                return view.single(name, key, link="invoicelink" in request.query.get("include", "").lower())
        return None

    def kept(self, tenant: str, books: Books) -> Kept:
        """Rows of an organisation."""
        return self._shelf.of(tenant, books)

    def _books(self, tenant: str, fault: Fault | None) -> Books:
        if fault and fault.kind == "stale":
            return self.world.books(tenant, timedelta(minutes=float(fault.value or 60)))
        return self.world.books(tenant)


class Spoilt(Exception):
    """One row makes the whole answer impossible."""


class View:
    """One request's look at one company."""

    def __init__(self, face: QuickBooksFace, tenant: str, books: Books, fault: Fault | None) -> None:
        self.face, self.tenant, self.fault = face, tenant, fault
        self._kept = face.kept(tenant, books)

    def query(self, statement: str) -> Row:
        """The inside of a query's answer."""
        asked = parse(statement)
        if asked.entity in {"CompanyInfo", "Preferences"}:
            return {asked.entity: [self.company() if asked.entity == "CompanyInfo" else self.preferences()]}
        found = asked.rows(self._kept.rows[asked.entity])
        if asked.counts:
            return {"totalCount": len(found)}
        return self._page(asked, found)

    def _page(self, asked: Query, found: list[Row]) -> Row:
        rows = found[asked.start - 1 : asked.start - 1 + asked.most]
        self._check(rows)
        if not rows:
            return {}
        lists = self._twisted({asked.entity: rows})
        page: Row = {**lists, "startPosition": asked.start, "maxResults": len(rows)}
        return {**page, "totalCount": len(rows)} if asked.entity == "Invoice" else page

    def _twisted(self, lists: dict[str, list[Row]]) -> Row:
        twist = faults.TWISTING.get(self.fault.kind) if self.fault else None
        return twist(lists) if twist else dict(lists)

    def _check(self, rows: Iterable[Row]) -> None:
        if self.fault and self.fault.kind == "spoilt row" and any(row["Id"] == self.fault.value for row in rows):
            raise Spoilt

    def changes(self, request: Request) -> Row:
        """Everything changed since an instant: live rows oldest first, then stubs; cut at a thousand, silently."""
        entities = [name for name in request.query.get("entities", "").split(",") if name]
        since = _moment(request.query.get("changedSince", ""))
        if since is None or not entities or (strange := [e for e in entities if e not in ENTITIES]):
            named = f": {', '.join(strange)}" if since and entities else ""
            return _fault("Invalid query", "4001", f"QueryValidationError: entities or changedSince{named}")
        if self.face.world.clock.now - since > KEPT:
            shown = request.query["changedSince"]
            detail = f"Operation cdc with changedSince date {shown} which is older than fixed days is not supported."
            return _fault("Unsupported Operation", "500", detail)
        left, blocks = CUT, []
        for entity in entities:
            rows = [*_since(self._kept.rows[entity], since), *_since(self._kept.stubs[entity], since)][:left]
            self._check(rows)
            left -= len(rows)
            rows = [self._called_deleted(row) for row in rows]
            size: Row = {"startPosition": 1, "maxResults": len(rows)}
            blocks.append({**self._twisted({entity: rows}), **size} if rows else {})
        return {"CDCResponse": [{"QueryResponse": blocks}]}

    def _called_deleted(self, row: Row) -> Row:
        if self.fault and self.fault.kind == "called deleted" and row["Id"] == self.fault.value:
            return {"domain": "QBO", "status": "Deleted", "Id": row["Id"], "MetaData": row["MetaData"]}
        return row

    def batch(self, body: bytes) -> Row:
        """Several queries in one request, answered one by one; each is metered."""
        items = json.loads(body or b"{}").get("BatchItemRequest", [])
        if len(items) > BATCH:
            return _fault("Too many items", "1040", f"at most {BATCH} items a batch")
        answers = []
        for item in items:
            try:
                answers.append({"bId": item["bId"], "QueryResponse": self.query(item.get("Query", ""))})
            except QueryError as error:
                answers.append({"bId": item["bId"], **_fault("Invalid query", error.code, str(error))})
        self.face.metered[self.tenant] = self.face.metered.get(self.tenant, 0) + max(0, len(items) - 1)
        return {"BatchItemResponse": answers}

    def single(self, name: str, key: str, *, link: bool) -> Row | None:
        """One object; an invoice with its pay page when that is asked for."""
        entity = next((e for e in ENTITIES if e.lower() == name), None)
        if entity is None:
            return None
        if not key.isdecimal():
            return _fault("Invalid ID", "2030", f"Id should be a valid number. Supplied value:{key}")
        row = next((r for r in self._kept.rows[entity] if r["Id"] == key), None)
        if row is None:
            return _fault("Object Not Found", "610", "Object Not Found : Something you're trying to use is inactive.")
        self._check([row])
        if link and entity == "Invoice" and row.get("BillEmail"):
            row = {**row, "InvoiceLink": f"https://pay.example.com/{digits('pay/' + key)}"}
        return {entity: row}

    def company(self) -> Row:
        """The company; like most real ones it does not name its time zone."""
        organisation = self.face.world.companies[self.tenant].organisation
        began = self.face.world.companies[self.tenant].events
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
            "MetaData": meta(began[0].at if began else self.face.world.clock.now),
        }

    def preferences(self) -> Row:
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
                "HomeCurrency": {"value": self.face.world.companies[self.tenant].organisation.currency},
            },
            "OtherPrefs": {"NameValue": [{"Name": "SalesFormsPrefs.DefaultCustomerMessage", "Value": "Thank you"}]},
            "domain": "QBO",
            "sparse": False,
            "Id": "1",
            "SyncToken": "0",
            "MetaData": meta(self.face.world.clock.now),
        }


def _endpoints(base: str) -> Row:
    """The discovery document, which Intuit's own Python client asks for before anything else."""
    names = ("authorization_endpoint", "revocation_endpoint", "issuer", "jwks_uri", "userinfo_endpoint")
    return {**{name: f"{base}/oauth2/v1/{name}" for name in names}, "token_endpoint": f"{base}{TOKEN}"}


def _since(rows: Iterable[Row], since: datetime) -> list[Row]:
    """Rows changed at or after an instant (to the second), oldest change first."""
    timed = [(datetime.fromisoformat(look(row, "MetaData.LastUpdatedTime")), row) for row in rows]
    chosen = [pair for pair in timed if pair[0] >= since.replace(microsecond=0)]
    return [row for _, row in sorted(chosen, key=lambda pair: pair[0])]


def _fault(message: str, code: str, detail: str) -> Row:
    return {"Fault": {"Error": [{"Message": message, "Detail": detail, "code": code}], "type": "ValidationFault"}}


def _statement(request: Request) -> str:
    """A query's text: a parameter of a GET, the bare body of a POST."""
    return request.body.decode("utf-8", "replace") if request.method == "POST" else request.query.get("query", "")


def _page(request: Request) -> int:
    """For faults: which page of a list this is, as far as an offset tells."""
    words = _statement(request).upper().split()
    at = words.index("STARTPOSITION") if "STARTPOSITION" in words else -1
    return int(words[at + 1]) if 0 <= at < len(words) - 1 and words[at + 1].isdecimal() else 1


def _moment(written: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _time(now: datetime) -> str:
    return f"{stamp(now)[:19]}.000{stamp(now)[19:]}"
