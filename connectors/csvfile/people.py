"""Rows of a clients file -> clients. PURE."""

from connectors.csvfile import cells
from connectors.csvfile.notes import Findings
from connectors.csvfile.reader import Directory, addresses, country_code, stable_id
from connectors.csvfile.table import Record, Table
from worker.core.receivable import Client, Person


def read_clients(table: Table | None, findings: Findings) -> Directory:
    """Every client of the file; without a file, an empty directory that fills from the invoices."""
    directory = Directory(findings)
    if table is None:
        return directory
    directory.given = True
    lines: dict[str, int] = {}
    for record in table.records:
        client = _client(table, record, findings)
        if client is None:
            continue
        if earlier := lines.get(client.id):
            findings.problem(
                table.name,
                record.line,
                f'the client "{client.name}" is there twice, first on line {earlier}',
                "one row per client",
                'delete one of them, or tell them apart in a column "client id"',
            )
            continue
        lines[client.id] = record.line
        directory.add(client)
    return directory


def _client(table: Table, record: Record, findings: Findings) -> Client | None:
    name = record.get("client") or record.get("client_id")
    if not name:
        findings.problem(table.name, record.line, "no client is named", "a client's name or id", "fill it in")
        return None
    email, others = addresses(table, record, record.get("email"), findings)
    first, last = _names(record)
    archived = False
    try:
        archived = bool(cells.truth(record.get("archived")))
    except ValueError:
        findings.note(table.name, f'"{record.get("archived")}" under archived is neither yes nor no', record.line)
    if (country := record.get("country")) and not country_code(country):
        findings.note(table.name, f'"{country}" is not a two-letter country code', record.line)
    return Client(
        record.get("client_id") or stable_id("client", cells.name_key(name)),
        name,
        email,
        first,
        last,
        tuple(Person("", address, copied=True) for address in others),
        record.get("account_number"),
        tuple(group for part in record.get("groups").split(";") if (group := part.strip())),
        country_code(country),
        archived,
    )


def _names(record: Record) -> tuple[str, str]:
    if record.get("first_name") or record.get("last_name"):
        return record.get("first_name"), record.get("last_name")
    first, _, last = record.get("contact").partition(" ")
    return first, last.strip()
