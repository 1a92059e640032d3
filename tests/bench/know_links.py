"""Keep a pay link for every invoice of the mirror, as earlier sweeps would have: `know_links.py LOGBOOK ORGANISATION`.

Asking for one costs a call each on the platform, once ever; that is its price, not the price of a message.
"""

import sqlite3
import sys


def main(file: str, organisation: str) -> None:
    with sqlite3.connect(file) as connection:
        found = connection.execute("SELECT id FROM mirror_invoice WHERE organisation = ?", (organisation,)).fetchall()
        rows = [(organisation, id_, f"https://in.example.com/{id_}") for (id_,) in found]
        table = next(t for (t,) in connection.execute("SELECT name FROM sqlite_master") if t.endswith("link"))
        connection.executemany(f"INSERT OR REPLACE INTO {table} (organisation, invoice_id, url) VALUES (?, ?, ?)", rows)
    connection.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
