"""Every statement parses under a grammar written from Intuit's rules, not from ours; and what a steady state costs."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st
from requests import PreparedRequest

from connectors.http import Session
from connectors.quickbooks import statements
from connectors.quickbooks.api import TRACE, QuickBooksApi
from connectors.quickbooks.books import QuickBooksBooks
from connectors.quickbooks.refusals import PLATFORM, judge
from connectors.sandbox import quickbooks_query
from tests.connectors.contract import mirror_of
from tests.connectors.quickbooks.stage import QuickBooksStage
from tests.connectors.stage import NOW, FakeClock, Links
from worker.core.secret import Secret

# --- the grammar ------------------------------------------------------------------------------------------------------

DAY = r"\d{4}-\d{2}-\d{2}"
STAMP = rf"'{DAY}T\d{{2}}:\d{{2}}:\d{{2}}(?:\.\d+)?(?:Z|[+-]\d{{2}}:\d{{2}})'"
VALUE = r"'(?:[^'\\]|\\')*'"
CONDITIONS = {
    "Id": r"Id (?:= '\d+'|IN \('\d+'(?:, '\d+')*\))",
    "Balance": r"Balance (?:=|<|>|<=|>=) '-?\d+(?:\.\d+)?'",
    "TxnDate": rf"TxnDate (?:=|<|>|<=|>=) '{DAY}'",
    "MetaData.LastUpdatedTime": rf"MetaData\.LastUpdatedTime (?:=|<|>|<=|>=) {STAMP}",
    "Active": r"Active (?:= (?:true|false)|IN \((?:true|false)(?:, (?:true|false))*\))",
}
KNOWN = {  # what Intuit's pages call filterable, entity by entity
    "Invoice": ("Id", "Balance", "TxnDate", "MetaData.LastUpdatedTime"),
    "Payment": ("Id", "TxnDate", "MetaData.LastUpdatedTime"),
    "CreditMemo": ("Id", "Balance", "TxnDate", "MetaData.LastUpdatedTime"),
    "Customer": ("Id", "Active", "MetaData.LastUpdatedTime"),
    "Term": ("Id", "Active", "MetaData.LastUpdatedTime"),
}
SHAPE = re.compile(
    r"SELECT (?P<what>\*|COUNT\(\*\)) FROM (?P<entity>[A-Z][A-Za-z]+)(?: WHERE (?P<where>.+?))?"
    r"(?P<tail> ORDERBY MetaData\.LastUpdatedTime STARTPOSITION (?P<start>\d+) MAXRESULTS (?P<most>\d+))?"
)


def allowed(statement: str) -> bool:
    found = SHAPE.fullmatch(statement)
    if not found or found["entity"] not in KNOWN:
        return False
    if found["what"] == "*":
        if not found["tail"] or int(found["start"]) < 1 or not 1 <= int(found["most"]) <= 1000:
            return False
    elif found["tail"]:
        return False
    conditions = found["where"].split(" AND ") if found["where"] else []
    patterns = [CONDITIONS[name] for name in KNOWN[found["entity"]]]
    return all(any(re.fullmatch(p, c) for p in patterns) for c in conditions)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM Invoice",
        "SELECT * FROM Invoice WHERE Balance > 0 ORDERBY MetaData.LastUpdatedTime STARTPOSITION 1 MAXRESULTS 1000",
        "SELECT * FROM Invoice ORDERBY MetaData.LastUpdatedTime STARTPOSITION 0 MAXRESULTS 1000",
        "SELECT * FROM Invoice ORDERBY MetaData.LastUpdatedTime STARTPOSITION 1 MAXRESULTS 1001",
        "SELECT * FROM Invoice WHERE Id > '1' ORDERBY MetaData.LastUpdatedTime STARTPOSITION 1 MAXRESULTS 10",
        "SELECT * FROM Payment WHERE Active = true ORDERBY MetaData.LastUpdatedTime STARTPOSITION 1 MAXRESULTS 10",
        "SELECT COUNT(*) FROM invoice",
    ],
)
def test_the_grammar_refuses_what_quickbooks_would(statement: str) -> None:
    assert not allowed(statement)


def test_every_statement_we_send_parses(stage: QuickBooksStage) -> None:
    """Every kind of question there is, under both readings of the rules."""
    books = stage.books(page_size=60)
    mirror = mirror_of(books, stage.now)
    stage.later(timedelta(days=1))
    stage.event("invoice.remove", next(i for i in mirror.open if not mirror.invoices[i].paid))
    mirror.take(books.read(mirror.watermark, stage.now, [*mirror.open, "77"]))
    stage.later(timedelta(days=40))
    mirror.take(books.read(mirror.watermark, stage.now, mirror.open))
    books.look(mirror.open[:3], sorted(mirror.clients)[:3])
    asked = stage.statements()
    assert len(asked) > 60
    assert [s for s in asked if not allowed(s)] == []
    for statement in asked:
        quickbooks_query.parse(statement)
    assert {SHAPE.fullmatch(s)["entity"] for s in asked} == set(KNOWN)
    assert all(e["query"]["minorversion"] == "75" for e in stage.asked())
    assert {e["method"] for e in stage.asked()} == {"GET"}
    for asked_for in (e["query"]["changedSince"] for e in stage.asked("cdc")):
        assert datetime.fromisoformat(asked_for).utcoffset() == timedelta(0)


@given(st.text(max_size=40))
def test_a_quoted_value_can_never_leave_its_quotes(text: str) -> None:
    condition = f"DocNumber = {statements.quoted(text)}"
    query = quickbooks_query.parse(f"SELECT * FROM Invoice WHERE {condition}")
    assert query.test({"DocNumber": text}) and not query.test({"DocNumber": f"{text}x"})


# --- what it costs ----------------------------------------------------------------------------------------------------

BASE = "https://quickbooks.api.intuit.com"
REALM = "123146096291789"


class Given:
    """A token that is never refused."""

    def access(self) -> Secret:
        return Secret("token")

    def renew(self, rejected: Secret) -> Secret:
        return rejected


def stamped(n: int) -> str:
    return (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n)).isoformat()


def invoice(n: int, balance: float = 1.1, changed: str = "") -> dict[str, Any]:
    return {
        "Id": str(n + 1), "SyncToken": "0", "DocNumber": f"INV-{n}", "TotalAmt": 1.1, "Balance": balance,
        "CustomerRef": {"value": str(n % 2000 + 1)}, "CurrencyRef": {"value": "USD"}, "DueDate": "2026-09-01",
        "TxnDate": "2026-08-01", "MetaData": {"LastUpdatedTime": changed or stamped(n)}, "EmailStatus": "EmailSent",
    }  # fmt: skip


ROWS: dict[str, list[dict[str, Any]]] = {
    "Invoice": [invoice(n) for n in range(10_000)],
    "Customer": [{"Id": str(n + 1), "DisplayName": f"Client {n} Ltd", "Active": True, "Balance": 0,
                  "FullyQualifiedName": f"Client {n} Ltd", "MetaData": {"LastUpdatedTime": stamped(n)}}
                 for n in range(2_000)],
    "Payment": [], "CreditMemo": [], "Term": [],
}  # fmt: skip
CHANGED = [invoice(n, balance=0.0, changed=NOW.isoformat()) for n in range(50)]


def answer(request: PreparedRequest) -> tuple[int, dict[str, str], bytes]:
    parts = urlsplit(request.url or "")
    query = dict(parse_qsl(str(parts.query)))
    path = str(parts.path).removeprefix(f"/v3/company/{REALM}/")
    body: dict[str, Any] = {"CompanyInfo": {"CompanyName": "Any Books", "Country": "US"}}
    if path == "preferences":
        body = {"Preferences": {"CurrencyPrefs": {"HomeCurrency": {"value": "USD"}}}}
    elif path == "cdc":
        body = {"CDCResponse": [{"QueryResponse": [{"Invoice": CHANGED}, {}, {}, {}, {}]}]}
    elif path == "query":
        asked = quickbooks_query.parse(query["query"])
        found = asked.rows(ROWS[asked.entity])
        page = found[asked.start - 1 :][: asked.most]
        gone = 50 if "WHERE Balance" in query["query"] and asked.counts and COUNTS["cdc"] else 0
        body = {"QueryResponse": {"totalCount": len(found) - gone} if asked.counts else {asked.entity: page}}
    COUNTS[path.partition("/")[0]] += 1
    return 200, {}, msgspec.json.encode({**body, "time": NOW.isoformat()})


COUNTS: Counter[str] = Counter()


@pytest.fixture
def books() -> Iterator[QuickBooksBooks]:
    COUNTS.clear()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add_callback(
            responses.GET, re.compile(f"{re.escape(BASE)}/.*"), answer, content_type="application/json;charset=UTF-8"
        )
        session = Session(FakeClock(), PLATFORM, trace=TRACE, judge=judge)
        yield QuickBooksBooks(QuickBooksApi(session, Given(), REALM, BASE), Links())


def test_ten_thousand_invoices(books: QuickBooksBooks) -> None:
    mirror = mirror_of(books, NOW)
    assert len(mirror.open) == 10_000 and len(mirror.clients) == 2_000
    assert COUNTS.total() <= 26


def test_fifty_changes_among_ten_thousand_cost_one_call_and_three_on_a_new_day(books: QuickBooksBooks) -> None:
    mirror = mirror_of(books, NOW)
    COUNTS.clear()
    mirror.take(books.read(mirror.watermark, NOW + timedelta(hours=1), mirror.open))
    assert not mirror.full and len(mirror.open) == 9_950
    assert COUNTS == {"cdc": 1}
    for day, about in ((1, "preferences"), (2, "companyinfo")):
        COUNTS.clear()
        mirror.take(books.read(mirror.watermark, NOW + timedelta(days=day), mirror.open))
        assert {"cdc": 1, about: 1, "query": 1} == COUNTS and not mirror.full
