"""A case file: one client's whole record as files a person can print, hand on and check years later.

`case.json` and `case.html` say the same; `messages/` holds every message byte for byte; SHA256SUMS is what
`sha256sum --check` reads, so that checking needs nothing of ours.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from worker.core.receivable import Client, Invoice
from worker.ports import MessageRecord
from worker.report.history import Entry
from worker.report.printed import heading, listing, page, text

SUMS = "SHA256SUMS"
MESSAGES = "messages"


def case_files(
    organisation: str,
    client: Client,
    invoices: Iterable[Invoice],
    entries: Sequence[Entry],
    messages: Iterable[MessageRecord],
    made: datetime,
    zone: str,
) -> dict[str, bytes]:
    """The files of a case by their name inside its folder, SHA256SUMS last. Amounts are exact decimal text."""
    files: dict[str, bytes] = {}
    names: dict[str, str] = {}
    for number, message in enumerate((m for m in messages if m.raw), 1):
        name = f"{MESSAGES}/{number:03}-{message.step or 'thanks'}.eml"
        files[name], names[message.key] = message.raw, name
    data = _data(organisation, client, invoices, entries, names, files, made)
    files["case.json"] = (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()
    files["case.html"] = _page(data, zone).encode()
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))
    return files | {SUMS: sums.encode()}


def _data(
    organisation: str,
    client: Client,
    invoices: Iterable[Invoice],
    entries: Sequence[Entry],
    names: Mapping[str, str],
    files: Mapping[str, bytes],
    made: datetime,
) -> dict[str, Any]:
    return {
        "schema": 1,
        "organisation": organisation,
        "client": {"id": client.id, "name": client.name, "account_number": client.account_number},
        "made": made.isoformat(timespec="seconds"),
        "invoices": [_invoice(i) for i in invoices],
        "entries": [_entry(e, names.get(str(e.data.get("key", "")), ""), files) for e in entries],
    }


def _invoice(invoice: Invoice) -> dict[str, Any]:
    return {
        "id": invoice.id,
        "number": invoice.number,
        "currency": invoice.currency,
        "total": f"{invoice.total:f}",
        "open": f"{invoice.open:f}",
        "issued": invoice.issued.isoformat() if invoice.issued else None,
        "due": invoice.due.isoformat() if invoice.due else None,
        "status": str(invoice.status),
    }


def _entry(entry: Entry, file: str, files: Mapping[str, bytes]) -> dict[str, Any]:
    found: dict[str, Any] = {"at": entry.at.isoformat(timespec="seconds"), "kind": entry.kind, "what": entry.what}
    found |= {"by": entry.by, "data": entry.data}
    whole = json.dumps(found, sort_keys=True, ensure_ascii=False).encode()
    found["sha256"] = hashlib.sha256(whole).hexdigest()
    if file:
        found |= {"file": file, "file_sha256": hashlib.sha256(files[file]).hexdigest()}
    return found


def _page(data: Mapping[str, Any], zone: str) -> str:
    client, local = data["client"], ZoneInfo(zone)
    made = datetime.fromisoformat(data["made"]).astimezone(local)
    invoices = [
        (i["number"], i["issued"] or "", i["due"] or "", i["status"], f"{i['currency']} {i['total']}", i["open"])
        for i in data["invoices"]
    ]
    entries = [
        (
            f"{datetime.fromisoformat(e['at']).astimezone(local):%-d %b %Y %H:%M}",
            e["kind"],
            e["what"] + (f" ({e['file']})" if "file" in e else ""),
            e["by"],
            e["sha256"][:12],
        )
        for e in data["entries"]
    ]
    parts = [
        heading(f"Case file: {client['name']}"),
        text(f"{data['organisation']}; made {made:%-d %B %Y, %H:%M} ({zone}); {len(entries)} entries, oldest first."),
        heading("Invoices in the books", 2),
        listing(("number", "issued", "due", "status", "total", "open"), invoices, ("total", "open")),
        heading("What happened", 2),
        listing(("when", "kind", "what", "by", "checksum"), entries),
        text(f"The whole checksums are in {SUMS}; sha256sum --check {SUMS} compares them, without duecourse."),
    ]
    return page(f"Case file: {client['name']}", parts)


def write_case(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files; SHA256SUMS comes last. Raises FileExistsError when the folder has anything in it."""
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(str(folder))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True, mode=0o700)
        (folder / name).write_bytes(content)


def verify_case(folder: Path) -> list[str]:
    """What is wrong with a case file, in words; empty when every file is there, unchanged, and no other is."""
    try:
        lines = (folder / SUMS).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return [f"{SUMS} is missing or cannot be read"]
    wrong, named = [], {SUMS}
    for number, line in enumerate(lines, 1):
        wanted, _, name = line.partition("  ")
        if len(wanted) != 64 or not name or Path(name).is_absolute() or ".." in Path(name).parts:
            wrong.append(f"{SUMS}:{number} is no checksum and name")
            continue
        named.add(name)
        try:
            content = (folder / name).read_bytes()
        except OSError:
            wrong.append(f"{name} is missing")
            continue
        if hashlib.sha256(content).hexdigest() != wanted:
            wrong.append(f"{name} was changed")
    there = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    return wrong + [f"{name} was added" for name in sorted(there - named)]


def seal_of(folder: Path) -> str:
    """The checksum of SHA256SUMS itself: noted elsewhere, it speaks for the whole folder."""
    return hashlib.sha256((folder / SUMS).read_bytes()).hexdigest()
