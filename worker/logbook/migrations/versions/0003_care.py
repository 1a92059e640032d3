"""Care of data: where a logbook was born, when it was tidied, and erasure that the database itself confines."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

LATER = ("place", "why", "moved", "tidied", "told")
ON_RECORD = (
    "SELECT 1 FROM erased_event e WHERE e.organisation = OLD.organisation AND e.event_id = OLD.id "
    "AND e.data = NEW.data AND e.\"by\" = NEW.\"by\""
)
SAME = ("id", "organisation", "kind", "at", "subject", "key")
TEXT = {
    "sqlite": (
        "DROP TRIGGER event_no_update",
        "CREATE TRIGGER event_no_update BEFORE UPDATE ON event "
        f"WHEN NOT ({' AND '.join(f'NEW.{c} IS OLD.{c}' for c in SAME)} AND EXISTS ({ON_RECORD})) "
        "BEGIN SELECT RAISE(ABORT, 'events are never changed'); END",
        *(
            f"CREATE TRIGGER erased_event_no_{verb} BEFORE {verb.upper()} ON erased_event "
            "BEGIN SELECT RAISE(ABORT, 'erasures are never changed'); END"
            for verb in ("update", "delete")
        ),
    ),
    "postgresql": (
        "DROP TRIGGER event_append_only ON event",
        "CREATE TRIGGER event_append_only BEFORE DELETE OR TRUNCATE ON event "
        "FOR EACH STATEMENT EXECUTE FUNCTION event_never_changes()",
        "CREATE FUNCTION event_changes_as_recorded() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {' AND '.join(f'NEW.{c} IS NOT DISTINCT FROM OLD.{c}' for c in SAME)} AND EXISTS ({ON_RECORD}) "
        "THEN RETURN NEW; END IF; RAISE EXCEPTION 'events are never changed'; END $$",
        "CREATE TRIGGER event_no_update BEFORE UPDATE ON event "
        "FOR EACH ROW EXECUTE FUNCTION event_changes_as_recorded()",
        "CREATE TRIGGER erased_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON erased_event "
        "FOR EACH STATEMENT EXECUTE FUNCTION event_never_changes()",
    ),
}


def upgrade() -> None:
    """Add columns and two tables; let an event's text change only to what an erasure put on record."""
    for column in LATER:
        op.add_column("instance", sa.Column(column, sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "erased_client",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "client_id"),
    )
    op.create_table(
        "erased_event",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("turn", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "event_id", "turn"),
    )
    for statement in TEXT[op.get_bind().dialect.name]:
        op.execute(statement)
