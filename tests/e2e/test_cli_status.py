"""status for monitors: its documented shape, and what must never look calm."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.e2e.conftest import NOW, Office
from worker.commands.status import _late

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "status.schema.json"


def test_what_is_printed_is_what_is_documented(office: Office) -> None:
    documented = Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    never = office("status", "--json")
    office.go_live()
    office("run")
    after = office("status", "--json", now=NOW + timedelta(days=9))
    for answer in (never, after):
        documented.validate(answer.data)
        assert answer.data["exit_code"] == answer.code == 1
    (one,) = after.data["organisations"]
    assert one["sent"] == len(office.letters) and one["last_swept"].startswith("2026-03-10T10:00:")
    assert [t for t in one["trouble"] if t.startswith("not ")] == [
        "not read for more than 30 hours",
        "not swept for more than 30 hours",
    ]
    documented_keys = set(json.loads(SCHEMA.read_text("utf-8"))["$defs"]["OrganisationStatus"]["properties"])
    assert set(one) == documented_keys


def test_reading_without_sending_is_not_enough_in_live_mode(office: Office) -> None:
    office.go_live()
    office("run")
    later = NOW + timedelta(days=3)
    office("preview", now=later)
    (one,) = office("status", "--json", now=later).data["organisations"]
    assert one["stale"] and "not swept for more than 30 hours" in one["trouble"]
    assert "not read for more than 30 hours" not in one["trouble"]


def test_a_mail_server_that_refused_everything_is_loud(office: Office) -> None:
    office.go_live()
    well = office.config.read_text()
    broken = "{mailer: smtp, smtp: {host: 127.0.0.1, port: 9, security: plain}}"
    office.config.write_text(well.replace("{mailer: outbox, outbox: {folder: ./outbox}}", broken))
    office("approve", _baseline(office))
    assert office("run").code == 1
    status = office("status", "--json")
    (one,) = status.data["organisations"]
    assert status.code == 1 and one["refused"] > 0
    assert f"the mail server refused {one['refused']} since it last took one: duecourse history" in one["trouble"]


def _baseline(office: Office) -> str:
    """Another way to send is another baseline to approve."""
    office("run")
    (proposal,) = office("preview", "--json").data["organisations"][0]["approvals"]
    return str(proposal["id"])


FRIDAY = datetime(2026, 3, 6, 17, tzinfo=UTC)


@pytest.mark.parametrize(("hours_later", "late"), [(1, False), (63, False), (78, False), (79, True), (24 * 9, True)])
def test_weekends_do_not_make_anybody_late(hours_later: int, late: bool) -> None:
    """Friday at five in the afternoon plus 30 hours that count is Monday at eleven at night."""
    assert _late(FRIDAY, FRIDAY + timedelta(hours=hours_later), 30) is late


def test_never_read_is_late() -> None:
    assert _late(None, FRIDAY, 30)
