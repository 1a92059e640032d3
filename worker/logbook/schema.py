"""The tables of the logbook, one schema for SQLite and PostgreSQL.

Every table but `instance`, `connection` and `permit` starts its key with `organisation`. Amounts are exact decimal
text, dates ISO text, instants ISO text in UTC with microseconds (so that text order is time order), lists and objects
JSON text.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
"""Every schema revision this version knows, oldest first; the last is the one it works with."""

metadata = MetaData()


def _text(name: str, *, key: bool = False) -> "Column[str]":
    return Column(name, Text, primary_key=key, nullable=False)


def _maybe(name: str) -> "Column[str]":
    return Column(name, Text, nullable=True)


def _flag(name: str) -> "Column[bool]":
    return Column(name, Boolean, nullable=False)


def _later(name: str) -> "Column[str]":
    """Text that a later schema added: what was there before has none."""
    return Column(name, Text, nullable=False, server_default="")


def _number(name: str) -> "Column[int]":
    return Column(name, Integer, nullable=False)


# `place`: the server, timeline and database it was born in; `why`: what made it another instance than before; `moved`:
# where its rows went, after which nothing is swept here; `tidied`: the day the
# retention job last ran; `told`: what the alert channel heard last.
instance = Table(
    "instance",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    _text("id"),
    _later("place"),
    _later("why"),
    _later("moved"),
    _later("tidied"),
    _later("told"),
    CheckConstraint("one = 1", name="only_one_instance"),
)

# What is kept of a consent, sealed before it comes here: a backup of this database opens no books.
connection = Table("connection", metadata, _text("name", key=True), Column("sealed", LargeBinary, nullable=False))

watermark = Table(
    "watermark",
    metadata,
    _text("organisation", key=True),
    _maybe("watermark"),
    _text("read_at"),
    _number("reading"),
)

lease = Table("lease", metadata, _text("organisation", key=True), _text("holder"), _text("until"))

organisation = Table(
    "mirror_organisation",
    metadata,
    _text("organisation", key=True),
    _text("id"),
    _text("name"),
    _text("base_currency"),
    _text("country"),
    _text("zone"),
    _flag("demo"),
    Column("platform_reminders", Boolean, nullable=True),
    _text("url"),
    _text("warnings"),
)

client = Table(
    "mirror_client",
    metadata,
    _text("organisation", key=True),
    _text("id", key=True),
    _text("name"),
    _text("email"),
    _text("first_name"),
    _text("last_name"),
    _text("people"),
    _text("account_number"),
    _text("groups"),
    _text("country"),
    _flag("archived"),
    _flag("erased"),
    _text("merged_into"),
    _text("parent_id"),
    _flag("billed_with_parent"),
    _maybe("owed_by_us"),
)

# The columns of the mirror follow the fields of the values in worker.core.receivable, in their order (see rows.py);
# `closed` remembers that an earlier complete reading showed the invoice closed, which is what a later round rests on.
invoice = Table(
    "mirror_invoice",
    metadata,
    _text("organisation", key=True),
    _text("id", key=True),
    _text("client_id"),
    _text("number"),
    _text("currency"),
    _text("total"),
    _text("open"),
    _text("status"),
    _maybe("issued"),
    _maybe("due"),
    _text("paid"),
    _text("credited"),
    _text("reference"),
    Column("sent", Boolean, nullable=True),
    _text("delivery_problem"),
    _maybe("approved"),
    _maybe("expected"),
    _text("work"),
    _text("url"),
    _text("theme"),
    _text("terms"),
    _flag("repeating"),
    _number("round"),
    _maybe("reopened"),
    _flag("closed"),
    Index("mirror_invoice_by_status", "organisation", "status"),
)

credit = Table(
    "mirror_credit",
    metadata,
    _text("organisation", key=True),
    _text("id", key=True),
    _text("client_id"),
    _text("kind"),
    _text("currency"),
    _text("remaining"),
    _flag("live"),
    _text("number"),
    _maybe("issued"),
)

payment = Table(
    "mirror_payment",
    metadata,
    _text("organisation", key=True),
    _text("id", key=True),
    _text("client_id"),
    _text("date"),
    _text("currency"),
    _text("amount"),
    _text("kind"),
    _flag("active"),
    _text("batch_id"),
    _text("account"),
    _text("reference"),
    _text("first_seen"),
    _flag("historic"),
    Index("mirror_payment_by_date", "organisation", "date"),
)

allocation = Table(
    "mirror_allocation",
    metadata,
    _text("organisation", key=True),
    _text("payment_id", key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    _text("invoice_id"),
    _text("amount"),
    ForeignKeyConstraint(["organisation", "payment_id"], ["mirror_payment.organisation", "mirror_payment.id"]),
)

link = Table(
    "link",
    metadata,
    _text("organisation", key=True),
    _text("invoice_id", key=True),
    _text("url"),
)

# What was inferred of each payer's payment cycle; rebuilt from the mirror whenever `mark` no longer fits.
cycle = Table(
    "cycle",
    metadata,
    _text("organisation", key=True),
    _text("payer_id", key=True),
    _text("mark"),
    _text("beliefs"),
)

MIRROR = (allocation, payment, credit, invoice, client, organisation, link, cycle)
"""What a reading of the books can make again, children first."""

# `base` is the decision's key and `generation` how often it was planned: a key that was cancelled, expired or resolved
# as not sent may be planned again, as a new row with a new key. `seq` keeps the order of planning.
message = Table(
    "message",
    metadata,
    _text("organisation", key=True),
    _text("key", key=True),
    _text("base"),
    _number("generation"),
    _number("seq"),
    _text("kind"),
    _text("payer_id"),
    _text("step"),
    _flag("after_due"),
    _text("state"),
    _number("attempt"),
    _number("epoch"),
    _text("holder"),
    _maybe("claimed_until"),
    _text("message_id"),
    _text("recipients"),
    _text("subject"),
    _text("listed"),
    _text("client_ids"),
    _maybe("granted"),
    _text("reason"),
    _text("sweep_id"),
    _text("planned_at"),
    _maybe("handed_at"),
    _maybe("settled_at"),
    _text("provider_id"),
    _text("detail"),
    _text("mailer"),
    UniqueConstraint("organisation", "base", "generation", name="message_generation"),
    Index("message_by_state", "organisation", "state"),
)

# A child row is `live` until its message is cancelled, expired or resolved as not sent. The two partial unique indexes
# are what makes a repeat impossible, whatever the code above them believes.
message_row = Table(
    "message_row",
    metadata,
    _text("organisation", key=True),
    _text("key", key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    _maybe("invoice_id"),
    _number("round"),
    _text("step"),
    _text("amount"),
    _text("currency"),
    _maybe("run"),
    _flag("hard"),
    _maybe("payment_id"),
    _flag("live"),
    ForeignKeyConstraint(["organisation", "key"], ["message.organisation", "message.key"]),
    CheckConstraint("(invoice_id IS NULL) <> (payment_id IS NULL)", name="invoice_or_payment"),
    Index("message_row_by_invoice", "organisation", "invoice_id"),
)
for _name, _columns in (
    ("step_once", ("organisation", "invoice_id", "round", "step")),
    ("thanked_once", ("organisation", "payment_id")),
):
    Index(
        _name,
        *(message_row.c[c] for c in _columns),
        unique=True,
        sqlite_where=message_row.c.live.is_(True),
        postgresql_where=message_row.c.live.is_(True),
    )

message_body = Table(
    "message_body",
    metadata,
    _text("organisation", key=True),
    _text("key", key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    _text("sha256"),
    _text("letter"),
    Column("raw", LargeBinary, nullable=False),
    ForeignKeyConstraint(["organisation", "key"], ["message.organisation", "message.key"]),
)

event = Table(
    "event",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _text("organisation"),
    _text("kind"),
    _text("at"),
    _text("subject"),
    _text("by"),
    _text("data"),
    _maybe("key"),
    UniqueConstraint("organisation", "key", name="event_once"),
    Index("event_by_kind", "organisation", "kind"),
    sqlite_autoincrement=True,
)

# Who asked to be forgotten: a later reading of the books brings nothing of them back.
erased_client = Table(
    "erased_client",
    metadata,
    _text("organisation", key=True),
    _text("client_id", key=True),
    _text("alias"),
    _text("at"),
    _text("by"),
    _text("why"),
)

# The only way to change an event: the text it shall have is put on record here first. The database holds both to it.
erased_event = Table(
    "erased_event",
    metadata,
    _text("organisation", key=True),
    Column("event_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("turn", Integer, primary_key=True, autoincrement=False),
    _text("data"),
    _text("by"),
    _text("at"),
)

# Counts only: nothing of a client. Days are UTC, as the platforms' own months are.
usage = Table(
    "usage",
    metadata,
    _text("organisation", key=True),
    _text("day", key=True),
    _text("platform", key=True),
    _text("purpose", key=True),
    Column("calls", BigInteger, nullable=False),
    Column("answered", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
)

# Permits granted lately, by second, for each limit that workers share (see worker.core.permits); worth nothing later.
permit = Table("permit", metadata, _text("name", key=True), _text("counted"))
