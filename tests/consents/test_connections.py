"""How connections are doing: on record and by asking, and when a person is told that one nears its end."""

import json
from datetime import timedelta

import pytest

from connectors.sandbox.faults import Fault
from tests.consents.conftest import HARBOUR, QUAY, Office


def listed(office: Office, *more: str) -> tuple[int, list[dict[str, object]]]:
    answer = office.run("connections", "--json", *more)
    data = json.loads(answer.stdout)
    assert data["exit_code"] == answer.exit_code
    return answer.exit_code, data["connections"]


def test_what_there_is_and_what_there_is_not(office: Office) -> None:
    office.write(harbour="xero", quay="quickbooks", files="csv, invoices: a.csv, currency: GBP")
    office.connect("harbour", HARBOUR)
    code, (one, none) = listed(office)
    assert code == 1
    assert (one["connection"], one["platform"], one["organisations"], one["state"]) == (
        "harbour",
        "xero",
        ["harbour"],
        "good",
    )
    assert one["tenants"] == [{"id": office.tenant(HARBOUR), "name": HARBOUR}] and one["days_left"] in {59, 60}
    assert (none["organisations"], none["state"], none["trouble"]) == (["quay"], "none", True)
    text = office.run("connections").stdout
    assert "quay has no connection: duecourse connect quickbooks quay" in text and (
        "59 days" in text or "60 days" in text
    )
    office.connect("quay", office.realm(QUAY))
    assert listed(office)[0] == 0


def test_books_that_need_no_consent(office: Office) -> None:
    office.write(files="csv, invoices: a.csv, currency: GBP", demo="sandbox", own="xero, grant: client credentials")
    assert listed(office) == (0, [])
    assert "no organisation here needs one" in office.run("connections").stdout


@pytest.mark.parametrize(
    ("left", "level", "code"),
    [(45, None, 0), (29, 30, 0), (13, 14, 0), (7, 7, 1), (6, 7, 1), (2, 3, 1), (0, 1, 1), (-1, 1, 1)],
)
def test_the_countdown(office: Office, left: int, level: int | None, code: int) -> None:
    office.write(harbour="xero")
    office.connect("harbour", HARBOUR)
    office.now = office.grant("harbour").ends - timedelta(days=left, hours=-1 if left < 0 else 1)
    if left > 0:
        office.now -= timedelta(minutes=1)
    found, (one,) = listed(office)
    assert (found, one["warned_at"]) == (code, level)
    status = json.loads(office.run("status", "--json").stdout)
    assert [w["urgent"] for w in status["connections"]] == ([] if level is None else [bool(code)])


def test_a_run_says_it_once(office: Office) -> None:
    office.write(harbour="xero", files="csv, invoices: a.csv, currency: GBP")
    (office.folder / "a.csv").write_text("number,client,issued,due,total,open,currency\n", "utf-8")
    office.connect("harbour", HARBOUR)
    office.later(days=58)
    said = office.run("preview", "files")
    assert said.stdout.count('The connection "harbour" ends in 1 day') == 1
    (sentence,) = json.loads(office.run("preview", "files", "--json").stdout)["connections"]
    assert sentence in " ".join(said.stdout.split())
    assert json.loads(office.run("preview", "--json").stdout)["connections"] == []  # it was used, so it lives on


def test_a_check_asks(office: Office) -> None:
    office.write(harbour="xero", quay="quickbooks")
    office.connect("harbour", HARBOUR, QUAY, wanted=HARBOUR)
    office.connect("quay", office.realm(QUAY))
    code, (one, two) = listed(office, "--check")
    assert code == 0 and [one["state"], two["state"]] == ["good", "good"]
    assert one["unused"] == [{"id": office.tenant(QUAY), "name": QUAY}]
    office.sandbox.world.tokens.connections.clear()  # somebody disconnected it in Xero
    code, (one, _) = listed(office, "--check")
    assert code == 1 and one["state"] == "broken" and "connect again" in str(one["why"])
    assert listed(office)[1][0]["state"] == "good"  # on record only


def test_a_check_that_cannot_ask_is_not_trouble(office: Office) -> None:
    office.write(harbour="xero")
    office.connect("harbour", HARBOUR)
    office.sandbox.world.faults.append(Fault("unavailable", "connections", times=0))
    code, (one,) = listed(office, "--check")
    assert (code, one["state"]) == (0, "unknown")


def test_a_dead_consent_is_on_record(office: Office) -> None:
    office.write(harbour="xero")
    office.connect("harbour", HARBOUR)
    office.sandbox.world.tokens._refresh.clear()
    office.later(hours=1)
    assert office.run("preview").exit_code == 1
    code, (one,) = listed(office)
    assert (code, one["state"]) == (1, "needs consent")
    assert 'The connection "harbour" needs a new consent' in office.run("status").stdout
    office.connect("harbour", HARBOUR)
    assert listed(office)[0] == 0


def test_secrets_are_never_shown(office: Office) -> None:
    office.write(harbour="xero", quay="quickbooks")
    office.connect("harbour", HARBOUR)
    office.connect("quay", office.realm(QUAY))
    said = "".join(
        done.stdout + done.stderr
        for words in (
            ["connections"],
            ["connections", "--json", "--check"],
            ["status"],
            ["disconnect", "quay", "--dry-run"],
        )
        for done in [office.run(*words, "-v") if words[0] != "status" else office.run(*words)]
    )
    for name in ("harbour", "quay"):
        grant = office.grant(name)
        assert grant.refresh.reveal() not in said and grant.access.reveal() not in said
    assert "sandbox-word" not in said
