"""The rows of a downloaded export -> one record per document. PURE.

Xero writes one row per invoice line and repeats the invoice on each. QuickBooks Online writes reports: group headings,
"Total for ..." rows, a TOTAL row and a time stamp around the documents (layout observed in its CSV exports).
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from connectors.csvfile import cells
from connectors.csvfile.cells import Mark, key
from connectors.csvfile.columns import Dialect
from connectors.csvfile.notes import Findings
from connectors.csvfile.table import Record, Table

_WORK_LINES, _WORK_LENGTH = 5, 300
_TOTAL = "total"
# What must be the same on every row of one invoice.
_HEAD = ("client", "issued", "due", "currency", "total", "open", "paid", "status", "reference")


def documents(table: Table, findings: Findings) -> Table:
    """The table with one record per document."""
    if table.dialect is Dialect.XERO:
        return replace(table, records=_folded(table, findings))
    if table.dialect is Dialect.QUICKBOOKS:
        return replace(table, records=_report_rows(table, findings))
    return table


def _folded(table: Table, findings: Findings) -> tuple[Record, ...]:
    """Line rows of one invoice become one record; their descriptions become the work."""
    groups: dict[tuple[str, ...], list[Record]] = {}
    for record in table.records:
        number = cells.name_key(record.get("number"))
        owner = cells.name_key(record.get("client"))
        alone = "" if number else str(record.line)
        groups.setdefault((owner, number, key(record.get("type")), alone), []).append(record)
    return tuple(_one(table, rows, findings) for rows in groups.values())


def _one(table: Table, rows: Sequence[Record], findings: Findings) -> Record:
    head = rows[0]
    for row in rows[1:]:
        for name in _HEAD:
            if row.get(name) != head.get(name):
                findings.problem(
                    table.name,
                    row.line,
                    f'{table.headings[name]} of {head.get("number")} is "{row.get(name)}" here, '
                    f'"{head.get(name)}" on line {head.line}',
                    "the same on every row of one invoice",
                    "export the invoices again",
                )
    works = list(dict.fromkeys(work for row in rows if (work := row.get("work"))))
    work = "; ".join(works[:_WORK_LINES])
    if len(work) > _WORK_LENGTH:
        work = work[: _WORK_LENGTH - 1].rstrip() + "…"
    return replace(head, values={**head.values, "work": work})


def _report_rows(table: Table, findings: Findings) -> tuple[Record, ...]:
    """Documents only; under group headings a record's client is the group when the report has no client column."""
    by_group = not table.has("client")
    has_totals = any(_is_subtotal(record) for record in table.records)
    groups: list[str] = []
    found: list[Record] = []
    for record in table.records:
        filled = [cell for cell in record.cells if cell]
        first = record.cells[0]
        if _is_total(record):
            _check_total(table, record, found, findings)
            return tuple(found)
        if _is_subtotal(record):
            while groups and not _closes(first, groups.pop()):
                pass
        elif len(filled) == 1 and first:
            groups = [*groups, first] if has_totals else [first]
        elif not _is_document(record):
            findings.problem(
                table.name,
                record.line,
                "this row is neither a transaction nor a heading nor a total",
                "a QuickBooks report as downloaded",
                "export the report again",
            )
        elif by_group:
            found.append(replace(record, values={**record.values, "client": ":".join(groups)}))
        else:
            found.append(record)
    findings.note(table.name, "the report ends without its TOTAL row: nobody can tell whether it is whole")
    return tuple(found)


def _is_document(record: Record) -> bool:
    return bool(record.get("issued") or record.get("due")) and bool(record.get("total") or record.get("open"))


def _is_total(record: Record) -> bool:
    return key(record.cells[0]) == _TOTAL


def _is_subtotal(record: Record) -> bool:
    return record.cells[0].casefold().startswith("total for ")


def _closes(subtotal: str, group: str) -> bool:
    label = cells.name_key(subtotal)[len("total for ") :]
    return label in (
        cells.name_key(group),
        f"{cells.name_key(group)} with sub-customers",
        f"{cells.name_key(group)} with subs",
    )


def _check_total(table: Table, total: Record, found: Sequence[Record], findings: Findings) -> None:
    """The report's own sum of open balances catches a file that was cut or edited. Several currencies have no sum."""
    if table.has("currency") or not total.get("open"):
        return
    try:
        written = cells.amount(total.get("open"), Mark.POINT)[0]
        summed = sum((cells.amount(r.get("open"), Mark.POINT)[0] for r in found if r.get("open")), Decimal(0))
    except ValueError:
        return  # Another decimal mark, or a cell that is reported by itself.
    if written != summed:
        findings.problem(
            table.name,
            total.line,
            f"the report's total is {written}, its rows add up to {summed}",
            "the report as downloaded, whole",
            "export it again without filters or edits",
        )
