"""One request's look at one company of QuickBooks' face: from a question to the inside of its answer."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from connectors.sandbox import quickbooks_faults as faults
from connectors.sandbox.company import Company
from connectors.sandbox.faults import Fault
from connectors.sandbox.quickbooks_company import COMPANY
from connectors.sandbox.quickbooks_json import Row, digits
from connectors.sandbox.quickbooks_query import Query, QueryError, look, parse
from connectors.sandbox.quickbooks_rows import ENTITIES, Kept
from connectors.sandbox.wire import Request

CUT, KEPT, BATCH = 1000, timedelta(days=30), 30


class Spoilt(Exception):
    """One row makes the whole answer impossible."""


class View:
    """One request's look at one company."""

    def __init__(self, kept: Kept, company: Company, now: datetime, fault: Fault | None = None) -> None:
        self._kept, self._company, self._now, self.fault = kept, company, now, fault

    def query(self, statement: str) -> Row:
        """The inside of a query's answer."""
        asked = parse(statement)
        if asked.entity in {"CompanyInfo", "Preferences"}:
            return {asked.entity: [COMPANY[asked.entity](self._company, self._now)]}
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
        if self._now - since > KEPT:
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

    def about(self, entity: str) -> Row:
        """The company (CompanyInfo) or its Preferences."""
        if self.fault and self.fault.kind == "wrong shape":
            return {entity: [COMPANY[entity](self._company, self._now)]}
        return {entity: COMPANY[entity](self._company, self._now)}


def _since(rows: Iterable[Row], since: datetime) -> list[Row]:
    """Rows changed at or after an instant (to the second), oldest change first."""
    timed = [(datetime.fromisoformat(look(row, "MetaData.LastUpdatedTime")), row) for row in rows]
    chosen = [pair for pair in timed if pair[0] >= since.replace(microsecond=0)]
    return [row for _, row in sorted(chosen, key=lambda pair: pair[0])]


def _fault(message: str, code: str, detail: str) -> Row:
    return {"Fault": {"Error": [{"Message": message, "Detail": detail, "code": code}], "type": "ValidationFault"}}


def _moment(written: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return None
    return found if found.tzinfo else None
