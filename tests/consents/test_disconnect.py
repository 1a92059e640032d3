"""A connection given back: at the platform first, then here, and nothing of anybody else's."""

import json

import pytest

from tests.consents.conftest import HARBOUR, QUAY, Office


def test_a_dry_run_says_and_does_nothing(office: Office) -> None:
    office.write(harbour="xero")
    office.connect("harbour", HARBOUR)
    answer = office.run("disconnect", "harbour", "--dry-run")
    assert answer.exit_code == 0 and "Nothing was done" in answer.stdout and HARBOUR in answer.stdout
    assert office.names() == ("harbour",) and office.connected() == {("owner", HARBOUR)}


def test_no_is_no(office: Office) -> None:
    office.write(harbour="xero")
    office.connect("harbour", HARBOUR)
    assert office.run("disconnect", "harbour", text="n\n").exit_code == 1
    assert office.names() == ("harbour",)


@pytest.mark.parametrize("kind", ["xero", "quickbooks"])
def test_it_ends_there_and_here(office: Office, kind: str) -> None:
    office.write(harbour=kind)
    office.connect("harbour", HARBOUR if kind == "xero" else office.realm(HARBOUR))
    refresh = office.grant("harbour").refresh.reveal()
    answer = office.run("disconnect", "harbour", text="y\n")
    assert answer.exit_code == 0, answer.stderr
    assert "The consent was ended" in answer.stdout and "forgotten here" in answer.stdout
    assert office.names() == () and office.connected() == set()
    dead = office.sandbox.world.tokens._refresh if kind == "xero" else office.sandbox.quickbooks.bearers._refresh
    assert refresh not in dead
    again = office.run("disconnect", "harbour", "--yes")
    assert again.exit_code == 1 and 'no saved connection "harbour"' in again.stderr


def test_only_this_organisation_of_a_shared_consent(office: Office) -> None:
    harbour, quay = office.tenant(HARBOUR), office.tenant(QUAY)
    office.write(harbour=f"xero, tenant: {harbour}, connection: ours", quay=f"xero, tenant: {quay}, connection: ours")
    office.connect("quay", QUAY, HARBOUR)
    answer = office.run("disconnect", "harbour", "--yes")
    assert answer.exit_code == 0 and "stays for quay" in answer.stdout
    assert office.connected() == {("owner", QUAY)} and office.grant("ours").tenants == ((quay, QUAY),)
    assert '"skipped": ""' in office.run("preview", "quay", "--json").stdout
    rows = json.loads(office.run("connections", "--json").stdout)["connections"]
    assert (rows[0]["organisations"], rows[0]["state"]) == (["quay"], "good")
    assert office.run("disconnect", "quay", "--yes").exit_code == 0
    assert office.names() == () and office.connected() == set()


def test_what_two_read_is_not_ended_for_one(office: Office) -> None:
    where = f"xero, tenant: {office.tenant(HARBOUR)}, connection: ours"
    office.write(harbour=where, again=where)
    office.connect("harbour", HARBOUR)
    answer = office.run("disconnect", "again", "--yes")
    assert answer.exit_code == 0 and "reads the same books" in answer.stdout
    assert office.connected() == {("owner", HARBOUR)} and office.grant("ours").only_tenant == office.tenant(HARBOUR)


def test_a_consent_that_serves_others_elsewhere_is_left(office: Office) -> None:
    office.write(harbour="xero")
    office.connect("harbour", HARBOUR, QUAY, wanted=HARBOUR)
    answer = office.run("disconnect", "harbour", "--yes")
    assert answer.exit_code == 0 and "still covers 1 more" in answer.stdout
    assert office.connected() == {("owner", QUAY)} and office.names() == ()


@pytest.mark.parametrize(
    ("kind", "endpoint"), [("xero", "connections"), ("xero", "revocation"), ("quickbooks", "revoke")]
)
def test_nothing_is_forgotten_while_the_platform_does_not_answer(office: Office, kind: str, endpoint: str) -> None:
    from connectors.sandbox.faults import Fault

    office.write(harbour=kind)
    office.connect("harbour", HARBOUR if kind == "xero" else office.realm(HARBOUR))
    office.sandbox.world.faults.append(Fault("unavailable", endpoint, times=1))
    answer = office.run("disconnect", "harbour", "--yes")
    assert answer.exit_code == 1 and "Nothing was forgotten here. Try again later." in answer.stderr
    assert office.names() == ("harbour",)
    assert office.run("disconnect", "harbour", "--yes").exit_code == 0  # and again ends what was begun
    assert office.names() == ()


def test_a_dead_consent_can_be_forgotten_here(office: Office) -> None:
    office.write(harbour="xero")
    office.connect("harbour", HARBOUR)
    office.sandbox.world.tokens._refresh.clear()
    office.later(hours=1)
    refused = office.run("disconnect", "harbour", "--yes")
    assert refused.exit_code == 1 and "Connected apps. Then: duecourse disconnect harbour --forget" in refused.stderr
    assert office.names() == ("harbour",)
    assert office.run("disconnect", "harbour", "--yes", "--forget").exit_code == 0
    assert office.names() == ()
