"""Erasure: a client becomes an alias, everywhere. Keys, amounts, days and numbers of invoices stay, so that the
accounts still add up and nothing is ever sent twice; names, addresses, letters and what people wrote go.

Events are append-only, and stay so: the text an event shall have instead is put on record first, and the database
lets exactly that change happen and no other.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, LargeBinary, Table, Text, func, insert, select, update

from worker.logbook import schema
from worker.logbook.database import Database, insert_into
from worker.logbook.rows import instant
from worker.logbook.verify import EMPTIED

GONE = "(erased)"
SPOKEN = frozenset({"why", "what", "note", "reason", "sentence", "text", "owner", "todo"})
"""Keys of an event's data that people, or sentences about people, fill."""
PRACTICE = ""
"""Under no organisation stands what was answered to digests."""
SHORTEST = 3
"""Shorter names are not looked for inside other texts: they would be found in every second word."""
PLAIN = frozenset({"organisation", "key", "base", "kind", "state", "at", "sha256", "currency", "amount"})
"""Columns that never speak of anybody and must never change."""
UNSEARCHED = (
    schema.event,
    schema.erased_event,
    schema.erased_client,
    *(t for t in schema.MIRROR if t is not schema.organisation),
)
"""Events have a way of their own; and another client of the same name is another client."""


@dataclass
class Erasure:
    """What goes, or went: rows changed by table. `alias` stands for the client from now on."""

    organisation: str
    client_id: str
    alias: str
    words: frozenset[str]
    changed: Counter[str] = field(default_factory=Counter)


def alias_of(organisation: str, client_id: str) -> str:
    """The same at every erasure of the same client, and no way back to them: ids in books are not names."""
    return f"Erased client {sha256(f'{organisation}/{client_id}'.encode()).hexdigest()[:8]}"


def forget(
    database: Database, organisation: str, client_id: str, now: datetime, by: str, why: str, *, really: bool
) -> Erasure:
    """Erase a client of one organisation in one transaction, then overwrite what the files still hold of them. With
    `really` false nothing changes, and the counts say what would."""
    with database.write() as connection:
        job = _Job(connection, organisation, client_id, instant(now))
        job.run(by, why)
        if not really:
            connection.rollback()
            return job.erasure
    scrub(database)
    return job.erasure


def scrub(database: Database) -> None:
    """Rewrite the files so that no erased byte is left in a free page or in SQLite's journal. Raises LogbookError
    when somebody else has the database open for too long. What PostgreSQL archived elsewhere is the server's care."""
    with database.outside() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            connection.exec_driver_sql("SET statement_timeout = 0")
            for table in schema.metadata.sorted_tables:
                connection.exec_driver_sql(f"VACUUM (FULL) {table.name}")
            connection.exec_driver_sql("RESET statement_timeout")


class _Job:
    """One erasure inside one transaction."""

    def __init__(self, connection: Connection, organisation: str, client_id: str, at: str) -> None:
        self._connection, self._name, self._id, self._at = connection, organisation, client_id, at
        alias = alias_of(organisation, client_id)
        self.erasure = Erasure(organisation, client_id, alias, frozenset(self._known()))
        self._invoices = self._ids(schema.invoice)
        self._replace = _replacer(self.erasure.words, alias)

    def run(self, by: str, why: str) -> None:
        """Everything, in an order in which nothing is looked up after it went."""
        self._tell_later_readings(by, why)
        self._messages()
        self._events()
        self._mirror()
        for table in schema.metadata.sorted_tables:
            if "organisation" in table.c and table not in UNSEARCHED:
                self._mentions(table)

    # -- what identifies them -----------------------------------------------------------------------------------------

    def _known(self) -> Iterator[str]:
        client, message, body = schema.client, schema.message, schema.message_body
        mine = (client.c.organisation == self._name, client.c.id == self._id)
        for row in self._connection.execute(select(client).where(*mine)).mappings():
            person = f"{row['first_name']} {row['last_name']}"
            people = [word for p in json.loads(row["people"]) for word in p[:2]]
            found = (row["name"], row["email"], person, row["last_name"], row["account_number"])
            yield from _long_enough(*found, *people)  # a first name alone is anybody's
        theirs = (message.c.organisation == self._name, message.c.payer_id == self._id)
        for (recipients,) in self._connection.execute(select(message.c.recipients).where(*theirs)):
            yield from _long_enough(*json.loads(recipients))
        joined = (body.c.organisation == message.c.organisation) & (body.c.key == message.c.key)
        for (letter,) in self._connection.execute(select(body.c.letter).join(message, joined).where(*theirs)):
            to = json.loads(letter).get("to", [])
            yield from _long_enough(*(str(a.get(k, "")) for a in to for k in ("email", "name")))

    def _ids(self, table: Table) -> set[str]:
        mine = (table.c.organisation == self._name, table.c.client_id == self._id)
        return set(self._connection.execute(select(table.c.id).where(*mine)).scalars())

    def _tell_later_readings(self, by: str, why: str) -> None:
        table = schema.erased_client
        row = {"organisation": self._name, "client_id": self._id, "alias": self.erasure.alias, "at": self._at}
        row |= {"by": by, "why": _replacer(self.erasure.words, self.erasure.alias)(why)}
        self._connection.execute(insert_into(self._connection, table).values(row).on_conflict_do_nothing())
        self.erasure.changed["erased_client"] += 1

    # -- what was said to and about them ------------------------------------------------------------------------------

    def _messages(self) -> None:
        message, body, child = schema.message, schema.message_body, schema.message_row
        about = select(child.c.key).where(child.c.organisation == self._name, child.c.invoice_id.in_(self._invoices))
        keys = set(self._connection.execute(about).scalars())
        mine = select(message.c.key, message.c.payer_id, message.c.client_ids, message.c.recipients, message.c.reason)
        for row in self._connection.execute(mine.where(message.c.organisation == self._name)).mappings().all():
            is_payer = row["payer_id"] == self._id
            if not is_payer and self._id not in json.loads(row["client_ids"]) and row["key"] not in keys:
                continue
            reason = {**json.loads(row["reason"]), "sentence": GONE, "evidence": {}}
            changes = {"subject": GONE, "detail": GONE, "reason": json.dumps(reason, ensure_ascii=False)}
            if is_payer:
                changes["recipients"] = json.dumps([f"erased@{self.erasure.alias[-8:]}.invalid"])
            where = (message.c.organisation == self._name, message.c.key == row["key"])
            self._count("message", self._connection.execute(update(message).where(*where).values(changes)).rowcount)
            where = (body.c.organisation == self._name, body.c.key == row["key"])
            emptied = update(body).where(*where).values(letter=EMPTIED, raw=b"")
            self._count("message_body", self._connection.execute(emptied).rowcount)

    def _events(self) -> None:
        event = schema.event
        order = select(event).where(event.c.organisation == self._name).order_by(event.c.id)
        found = self._connection.execute(order).mappings().all()
        theirs = {self._id, *self._invoices}
        tasks = {e["subject"] for e in found if e["kind"] == "task" and json.loads(e["data"]).get("payer") == self._id}
        for row in found:
            data = json.loads(row["data"])
            concerned = row["subject"] in theirs | tasks or bool(theirs & set(_texts(data)))
            told = _without_words(data) if concerned else data
            text = self._replace(json.dumps(told, ensure_ascii=False, sort_keys=True))
            by = self._replace(row["by"])
            if (text, by) != (row["data"], row["by"]):
                self._change_event(self._name, row["id"], text, by)
        answers = select(event).where(event.c.organisation == PRACTICE)  # of any organisation: only what names them
        for row in self._connection.execute(answers).mappings().all():
            if (text := self._replace(row["data"])) != row["data"]:
                self._change_event(PRACTICE, row["id"], text, row["by"])

    def _change_event(self, organisation: str, id_: int, data: str, by: str) -> None:
        event, table = schema.event, schema.erased_event
        turns = select(func.count()).where(table.c.organisation == organisation, table.c.event_id == id_)
        turn = (self._connection.execute(turns).scalar() or 0) + 1
        row = {"organisation": organisation, "event_id": id_, "turn": turn, "data": data, "by": by, "at": self._at}
        self._connection.execute(insert(table).values(row))
        self._connection.execute(update(event).where(event.c.id == id_).values(data=data, by=by))
        self._count("event", 1)

    # -- what the books showed ----------------------------------------------------------------------------------------

    def _mirror(self) -> None:
        client, invoice, payment, link = schema.client, schema.invoice, schema.payment, schema.link
        nothing = dict.fromkeys(("email", "first_name", "last_name", "account_number"), "")
        self._set(client, client.c.id == self._id, name=self.erasure.alias, people="[]", erased=True, **nothing)
        theirs = dict.fromkeys(("reference", "work", "url", "delivery_problem"), "")
        self._set(invoice, invoice.c.client_id == self._id, **theirs)
        self._set(payment, payment.c.client_id == self._id, reference="")
        self._set(link, link.c.invoice_id.in_(self._invoices), url="")

    def _set(self, table: Table, where: Any, **values: Any) -> None:
        done = self._connection.execute(update(table).where(table.c.organisation == self._name, where).values(values))
        self._count(table.name, done.rowcount)

    def _mentions(self, table: Table) -> None:
        """Wherever else a text of this organisation names them, the alias stands instead; a letter that does goes."""
        texts = [c for c in table.c if isinstance(c.type, Text) and not c.primary_key and c.name not in PLAIN]
        texts = [c for c in texts if not c.name.endswith("_id")]
        keys = list(table.primary_key.columns)
        found = self._connection.execute(select(*keys, *texts).where(table.c.organisation == self._name))
        for row in found.mappings().all():
            changes: dict[str, Any] = {}
            for column in texts:
                if (was := row[column.name]) and (now := self._replace(was)) != was:
                    changes[column.name] = now
            if changes and any(isinstance(c.type, LargeBinary) for c in table.c):
                changes = {"letter": EMPTIED, "raw": b""}
            if changes:
                where = [c == row[c.name] for c in keys]
                self._connection.execute(update(table).where(*where).values(changes))
                self._count(table.name, 1)

    def _count(self, table: str, rows: int) -> None:
        self.erasure.changed[table] += rows


def names_them(client_id: str, words: Iterable[str]) -> bool:
    """Whether an id that somebody wrote by hand says who it is: `smith-john`."""
    plain = _letters(client_id)
    return any(len(found) > SHORTEST and found in plain for found in map(_letters, words))


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalpha())


def _long_enough(*words: str) -> Iterator[str]:
    yield from (w.strip() for w in words if len(w.strip()) >= SHORTEST)


def _replacer(words: frozenset[str], alias: str) -> Callable[[str], str]:
    """Puts the alias where a text names one of the words; the longest first, as JSON writes it too."""
    forms = {w for word in words for w in (word, json.dumps(word, ensure_ascii=False)[1:-1])}
    if not forms:
        return lambda text: text
    listed = "|".join(re.escape(w) for w in sorted(forms, key=len, reverse=True))
    pattern = re.compile(rf"(?<!\w)(?:{listed})(?!\w)", re.IGNORECASE)
    return lambda text: pattern.sub(alias, text)


def _texts(value: Any) -> Iterator[str]:
    """Every text in JSON values, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _without_words(data: dict[str, Any]) -> dict[str, Any]:
    return {
        k: GONE if k in SPOKEN and isinstance(v, str) and v else f"erased@{GONE[1:-1]}.invalid" if k == "email" else v
        for k, v in data.items()
    }
