"""QuickBooks' query language, as strictly as its page "Data queries" reads: what is not allowed there is refused here.

One SELECT of everything (or of a count), conditions joined with AND, a page of 100 unless MAXRESULTS says otherwise,
1000 at most, positions from 1. Ids take = and IN only; amounts, dates and times are quoted, booleans are not.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from operator import eq, ge, gt, le, lt
from typing import Any

from connectors.sandbox.quickbooks_json import Row

MOST, USUAL = 1000, 100
Test = Callable[[Row], bool]
_STATEMENT = re.compile(
    r"""\s*SELECT\s+(?P<what>\*|COUNT\(\*\))\s+FROM\s+(?P<entity>\w+)
    (?:\s+WHERE\s+(?P<where>.+?))?
    (?:\s+ORDER\s?BY\s+(?P<order>[\w.]+)(?:\s+(?P<way>ASC|DESC))?)?
    (?P<page>(?:\s+(?:STARTPOSITION|MAXRESULTS)\s+-?\d+)*)\s*""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_TERM = re.compile(
    r"""\s*(?P<field>[A-Za-z.]+)\s*(?P<op>\bIN\b|\bLIKE\b|<=|>=|=|<|>)\s*
    (?:'(?P<text>(?:[^'\\]|\\.)*)'|(?P<word>true|false)|\((?P<many>[^)]*)\))\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_ITEM = re.compile(r"'((?:[^'\\]|\\.)*)'|(true|false)", re.IGNORECASE)
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {"=": eq, "<": lt, ">": gt, "<=": le, ">=": ge}
_TIMES = ("MetaData.CreateTime", "MetaData.LastUpdatedTime")
FIELDS = {
    "Invoice": ("Id", "CustomerRef", "DocNumber", "TxnDate", "DueDate", "Balance", "TotalAmt", "SalesTermRef"),
    "Payment": ("Id", "TotalAmt", "CustomerRef", "TxnDate", "PaymentRefNum"),
    "CreditMemo": ("Id", "CustomerRef", "DocNumber", "TxnDate", "Balance", "TotalAmt"),
    "Customer": ("Id", "DisplayName", "FullyQualifiedName", "Active", "Balance"),
    "Term": ("Id", "Name", "Active"),
    "CompanyInfo": (),
    "Preferences": (),
}
_LISTS = frozenset({"Customer", "Term"})


class QueryError(ValueError):
    """A statement the platform answers with a fault of code 4000 or 4001."""

    def __init__(self, detail: str, code: str = "4001") -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True)
class Query:
    """A statement, read. ``test`` says which rows it is about."""

    entity: str
    counts: bool
    test: Test
    order: str
    down: bool
    start: int
    most: int

    def rows(self, found: Iterable[Row]) -> list[Row]:
        """The rows it is about, in its order, all pages."""
        chosen = [row for row in found if self.test(row)]
        if self.order:
            chosen.sort(key=lambda row: _comparable(self.order, look(row, self.order)), reverse=self.down)
        elif self.entity in {"Invoice", "Payment"}:
            chosen.sort(key=lambda row: _comparable(_TIMES[1], look(row, _TIMES[1])), reverse=True)
        elif self.entity == "Customer":
            chosen.sort(key=lambda row: str(row["FullyQualifiedName"]))
        return chosen


def parse(text: str) -> Query:
    """A statement. Raises QueryError for what the platform refuses."""
    found = _STATEMENT.fullmatch(text)
    if not found:
        raise QueryError(f"QueryParserError: Encountered something unreadable in: {text[:80]}", "4000")
    entity = found["entity"]
    if entity not in FIELDS:
        raise QueryError(f"QueryValidationError: invalid context declaration: {entity}")
    page = {name.upper(): int(value) for name, value in re.findall(r"(\w+)\s+(-?\d+)", found["page"])}
    start, most = page.get("STARTPOSITION", 1), page.get("MAXRESULTS", USUAL)
    if most > MOST:
        raise QueryError(f"QueryValidationError: value {most} is too large. Max allowed value is {MOST}.")
    if most < 1 or start < 1:
        raise QueryError(f"QueryValidationError: value {min(most, start)} is too small. Min allowed value is 1.")
    tests, named = _tests(found["where"] or "", entity)
    if entity in _LISTS and "Active" not in named:
        tests.append(lambda row: bool(row["Active"]))
    order = _field(found["order"], entity) if found["order"] else ""
    down = (found["way"] or "").upper() == "DESC"
    return Query(entity, found["what"] != "*", lambda row: all(t(row) for t in tests), order, down, start, most)


def _tests(where: str, entity: str) -> tuple[list[Test], set[str]]:
    tests: list[Test] = []
    named: set[str] = set()
    rest = where
    while rest:
        found = _TERM.match(rest)
        if not found:
            raise QueryError(f"QueryParserError: Encountered something unreadable at: {rest[:80]}", "4000")
        name = _field(found["field"], entity)
        named.add(name)
        tests.append(_test(found, name))
        rest = rest[found.end() :]
        if rest:
            joined = re.match(r"AND\b", rest, re.IGNORECASE)
            if not joined:
                raise QueryError(f"QueryParserError: only AND may join conditions, not: {rest[:80]}", "4000")
            rest = rest[joined.end() :]
            if not rest.strip():
                raise QueryError("QueryParserError: the statement ends too early", "4000")
    return tests, named


def _field(written: str, entity: str) -> str:
    known = (*FIELDS[entity], *_TIMES)
    found = next((name for name in known if name.lower() == written.lower()), None)
    if found is None:
        raise QueryError(f"QueryValidationError: property '{written}' is not queryable")
    return found


def _test(found: re.Match[str], name: str) -> Test:
    operator = found["op"].upper()
    if name == "Id" and operator not in {"=", "IN"}:
        raise QueryError("QueryValidationError: Id takes only = and IN")
    if operator == "IN":
        if found["many"] is None:
            raise QueryError("QueryParserError: IN needs a list in brackets", "4000")
        wanted = {_literal(name, text, word) for text, word in _ITEM.findall(found["many"])}
        if _ITEM.sub("", found["many"]).replace(",", "").strip() or not wanted:
            raise QueryError("QueryParserError: IN needs quoted values with commas between them", "4000")
        return lambda row: _comparable(name, look(row, name)) in wanted
    if found["many"] is not None:
        raise QueryError(f"QueryParserError: {operator} takes one value", "4000")
    if operator == "LIKE":
        pattern = re.compile(".*".join(map(re.escape, _plain(found["text"] or "").split("%"))), re.DOTALL)
        return lambda row: bool(pattern.fullmatch(str(look(row, name) or "")))
    compare, value = _OPERATORS[operator], _literal(name, found["text"], found["word"] or "")

    def test(row: Row) -> bool:
        here = look(row, name)
        return here is not None and compare(_comparable(name, here), value)

    return test


def _literal(name: str, text: str | None, word: str) -> Any:
    if name == "Active":
        if not word:
            raise QueryError("QueryValidationError: Active is true or false, without quotes")
        return word.lower() == "true"
    if word:
        raise QueryError(f"QueryValidationError: the value of {name} must be quoted")
    return _comparable(name, _plain(text or ""))


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _comparable(name: str, value: Any) -> Any:
    """A value so that two of its kind can be compared."""
    if value is None:
        return None
    try:
        if name in _TIMES:
            return _seconds(value)
        if name in {"Balance", "TotalAmt"}:
            return float(value)
    except ValueError:
        raise QueryError(f"QueryValidationError: {value!r} is no value for {name}") from None
    return value


@lru_cache(maxsize=1 << 16)
def _seconds(written: str) -> float:
    moment = datetime.fromisoformat(written)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def look(row: Row, name: str) -> Any:
    """The value of a property; a reference's value is its id."""
    found: Any = row
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found.get("value") if isinstance(found, dict) else found
