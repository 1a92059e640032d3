"""Turn a real purchase ledger into CSV books as of a day inside it, and count its open receivables independently.

    python scripts/real_books.py FOLDER --as-of 2015-06-30   write the three files and a config.yaml
    python scripts/real_books.py --recount FOLDER            sum what is open in the raw file

The source is a file of payer,invoice_id,issued,due,paid,amount (see SOURCE.md beside it); it is not part of this
repository. An invoice is on the books once issued, and open until the day it was paid. Nothing here imports the
product: the recount is meant to be an independent witness. Names are made from the source's own pseudonyms; every
address is under example.com. The source states no currency: the one written is an assumption, given by --currency.
"""

import argparse
import csv
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

SETS = {
    "smallco": ("smallco_ledger.dev.csv", "a small firm's ledger, origin unverified"),
    "ibm": ("ibm_ar.dev.csv", "SIMULATED: a vendor's sample data, not anybody's books"),
}
STAMP = "source.json"


@dataclass(frozen=True)
class Line:
    """One invoice of the source; dates are days, the amount has two decimals."""

    payer: str
    number: str
    issued: date
    due: date
    paid: date | None
    amount: Decimal


def data_folder() -> Path:
    """Where the source files are: $DUECOURSE_SHARED/data, else ../shared/data beside the checkout or its parent."""
    checkout = Path(__file__).resolve().parents[1]
    given = os.environ.get("DUECOURSE_SHARED")
    places = [Path(given)] if given else [checkout.parent / "shared", checkout.parents[1] / "shared"]
    for place in places:
        if (place / "data").is_dir():
            return place / "data"
    sys.exit("real_books: no data folder; set DUECOURSE_SHARED to the folder that holds data/")


def lines_of(path: Path) -> Iterator[Line]:
    """The source's invoices, in its order."""
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            paid = date.fromisoformat(row["paid"]) if row["paid"] else None
            issued, due = date.fromisoformat(row["issued"]), date.fromisoformat(row["due"])
            yield Line(row["payer"], row["invoice_id"], issued, due, paid, Decimal(row["amount"]))


def is_open(line: Line, as_of: date) -> bool:
    """On the books and not paid by the end of the day before `as_of`... nor on it: issued <= day < paid."""
    return line.issued <= as_of and (line.paid is None or as_of < line.paid)


def client_name(payer: str) -> str:
    """A name a letter can be addressed to, made from the pseudonym."""
    return f"Client {payer}"


def address(payer: str) -> str:
    """An address that reaches nobody."""
    return f"accounts@{''.join(c if c.isalnum() else '-' for c in payer.lower())}.example.com"


def table(path: Path, header: str, rows: Sequence[Sequence[str]]) -> None:
    """Write one CSV file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        writer.writerows(rows)


def write_books(folder: Path, name: str, as_of: date, currency: str) -> None:
    """The three files, the configuration and a stamp that says what they came from."""
    file, kind = SETS[name]
    known = [line for line in lines_of(data_folder() / file) if line.issued <= as_of]
    if not known:
        sys.exit(f"real_books: {file} has no invoice issued by {as_of}")
    folder.mkdir(parents=True, exist_ok=True)
    invoices, payments = [], []
    for line in known:
        still_open = line.amount if is_open(line, as_of) else Decimal("0.00")
        status = "open" if still_open else "paid"
        row = (line.number, client_name(line.payer), line.issued.isoformat(), line.due.isoformat(), currency)
        invoices.append((*row, f"{line.amount:.2f}", f"{still_open:.2f}", status, "yes"))
        if line.paid is not None and line.paid <= as_of:
            paid = (client_name(line.payer), line.paid.isoformat(), f"{line.amount:.2f}", currency)
            payments.append((*paid, line.number, f"{line.payer}/{line.paid.isoformat()}"))
    payers = sorted({line.payer for line in known})
    clients = [(client_name(p), p, address(p), "GB") for p in payers]
    table(folder / "invoices.csv", "number,client,issued,due,currency,total,open,status,sent", invoices)
    table(folder / "clients.csv", "client,account number,email,country", clients)
    table(folder / "payments.csv", "client,date,amount,currency,invoice,batch", payments)
    (folder / "config.yaml").write_text(configuration(name, currency), encoding="utf-8")
    stamp = {"set": name, "as of": as_of.isoformat(), "currency": currency}
    (folder / STAMP).write_text(json.dumps(stamp) + "\n", encoding="utf-8")
    print(f"source    {file} ({kind})")
    print(f"as of     {as_of}; currency {currency} is an assumption, the source states none")
    print(
        f"written   {folder}: {len(invoices)} invoices, {len(clients)} clients, {len(payments)} payments, config.yaml"
    )


def configuration(name: str, currency: str) -> str:
    """A configuration that previews these books; JSON values keep the YAML unambiguous."""
    return f"""\
mode: preview
state: ./state
organisations:
  {name}:
    name: {name.capitalize()} Trading
    zone: Europe/London
    country: GB
    books: {{kind: csv, invoices: invoices.csv, clients: clients.csv, payments: payments.csv, currency: {currency}}}
    sender: {{name: {name.capitalize()} Trading, email: accounts@{name}.example.com}}
    signature: {{name: Accounts, email: accounts@{name}.example.com, phone: "+44 20 7946 0000"}}
    ways to pay: ["Bank transfer to the account on the invoice, quoting its number"]
    policy: considerate
    reconciled: daily
    backlog: chase
"""


def recount(folder: Path) -> dict[str, str | int]:
    """What the raw source says is open on the stamped day: a count and an exact sum."""
    stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    as_of = date.fromisoformat(stamp["as of"])
    still_open = [line for line in lines_of(data_folder() / SETS[stamp["set"]][0]) if is_open(line, as_of)]
    total = sum((line.amount for line in still_open), Decimal(0))
    overdue = sum((line.amount for line in still_open if line.due < as_of), Decimal(0))
    return {
        "set": f"{stamp['set']}: {SETS[stamp['set']][1]}",
        "as of": stamp["as of"],
        "clients owing": len({line.payer for line in still_open}),
        "open invoices": len(still_open),
        "open": f"{total:.2f} {stamp['currency']}",
        "of which overdue": f"{overdue:.2f} {stamp['currency']}",
    }


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Real books from a ledger, and an independent count of what is open.")
    parser.add_argument("folder", nargs="?", type=Path, help="where to write the books")
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2015, 6, 30), help="a day inside the data")
    parser.add_argument("--set", choices=sorted(SETS), default="smallco", dest="name")
    parser.add_argument("--currency", default="EUR", help="the source states none; written into the files")
    parser.add_argument("--recount", type=Path, metavar="FOLDER", help="count instead of writing")
    options = parser.parse_args(arguments)
    if options.recount:
        for what, value in recount(options.recount).items():
            print(f"{what:<17} {value}")
    elif options.folder:
        write_books(options.folder, options.name, options.as_of, options.currency)
    else:
        parser.error("name a folder to write to, or --recount FOLDER")


if __name__ == "__main__":
    main()
