"""A consent asked for, chosen from, kept and replaced: what is saved, what is told, and what is left as it was."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.consent import ConsentFailed
from tests.consents.conftest import HARBOUR, MILL, NOW, QUAY, Office
from worker.core.secret import Secret


def test_xero_one_organisation(office: Office) -> None:
    office.write(harbour="xero")
    found = office.connect("harbour", HARBOUR)
    assert (found.connection, found.tenant.name, found.lines, found.spares) == ("harbour", HARBOUR, (), ())
    kept = office.grant("harbour")
    assert (kept.platform, kept.client_id, kept.generation) == ("xero", "sandbox-app", 0)
    assert kept.tenants == ((office.tenant(HARBOUR), HARBOUR),)
    assert kept.consented == kept.refreshed >= NOW and kept.ends - kept.consented == timedelta(days=60)
    swept = office.run("preview", "--json")
    assert '"skipped": ""' in swept.stdout, swept.stdout
    assert "code_challenge_method=S256" in office.shown[-1] and "sandbox-word" not in office.shown[-1]


def test_quickbooks_one_company(office: Office) -> None:
    office.write(quay="quickbooks")
    found = office.connect("quay", QUAY)
    assert (found.connection, found.tenant.id, found.lines) == ("quay", office.realm(QUAY), ())
    kept = office.grant("quay")
    assert kept.tenants == ((office.realm(QUAY), QUAY),)
    assert kept.ends - kept.consented == timedelta(days=101)
    assert '"skipped": ""' in office.run("preview", "--json").stdout


def test_the_token_rotates_in_the_place_where_it_was_saved(office: Office) -> None:
    office.write(harbour="xero")
    office.connect("harbour", HARBOUR)
    first = office.grant("harbour")
    office.later(minutes=31)
    assert '"skipped": ""' in office.run("preview", "--json").stdout
    second = office.grant("harbour")
    assert second.generation > first.generation and second.refresh != first.refresh
    assert second.ends > first.ends + timedelta(minutes=30) and second.consented == first.consented


def test_a_sandbox_can_be_connected_by_a_newcomer(office: Office) -> None:
    tenant = office.tenant(HARBOUR)
    for face, name in (("xero", "harbour"), ("quickbooks", "quay")):
        office.write(**{name: f"sandbox, face: {face}, url: {office.sandbox.url}, tenant: {tenant}"})
        office.connect(name, HARBOUR if face == "xero" else office.realm(HARBOUR))
        assert office.grant(name).platform == face
        office.later(hours=25)
        before = office.grant(name).refresh
        assert '"skipped": ""' in office.run("preview", "--json").stdout
        assert office.grant(name).refresh != before  # the saved consent was used, not the sandbox's open door


def test_several_allowed_and_the_settings_say_which(office: Office) -> None:
    office.write(quay=f"xero, tenant: {office.tenant(QUAY)}")
    found = office.connect("quay")
    assert found.tenant.name == QUAY and {one.name for one in found.spares} == {HARBOUR, MILL}
    assert office.grant("quay").tenants == ((office.tenant(QUAY), QUAY),)


def test_several_allowed_and_a_person_is_asked(office: Office) -> None:
    office.write(quay="xero")
    assert office.connect("quay", choose=lambda found: found[2]).tenant.name == MILL
    assert office.connect("quay", wanted=QUAY.upper()).tenant.name == QUAY
    with pytest.raises(ConsentFailed, match="--tenant"):
        office.connect("quay")
    assert office.grant("quay").only_tenant == office.tenant(QUAY)  # what was kept before stays


def test_only_what_this_consent_chose_is_asked_about(office: Office) -> None:
    office.write(quay="xero", harbour="xero")
    office.connect("quay", QUAY)
    found = office.connect("harbour", HARBOUR)  # Xero also lists what the same person connected before
    assert found.tenant.name == HARBOUR


def test_one_person_is_kept_once_at_xero(office: Office) -> None:
    """Xero has one set of tokens for a person and an app: two copies would end one another."""
    office.write(quay="xero", harbour="xero")
    office.connect("quay", QUAY)
    found = office.connect("harbour", HARBOUR)
    assert found.connection == "quay" and office.names() == ("quay",)
    harbour, quay = office.tenant(HARBOUR), office.tenant(QUAY)
    assert dict(found.lines) == {"harbour": f"tenant: {harbour}, connection: quay", "quay": f"tenant: {quay}"}
    assert {key for key, _ in office.grant("quay").tenants} == {harbour, quay}
    office.write(quay=f"xero, tenant: {quay}", harbour=f"xero, tenant: {harbour}, connection: quay")
    swept = office.run("preview", "--json").stdout
    assert swept.count('"skipped": ""') == 2, swept


def test_another_person_is_kept_apart(office: Office) -> None:
    office.write(quay="xero", harbour="xero")
    office.connect("quay", QUAY)
    assert office.connect("harbour", HARBOUR, user="bookkeeper").connection == "harbour"
    assert office.names() == ("harbour", "quay")


def test_connecting_again_replaces_and_ends_nothing_of_the_same_person(office: Office) -> None:
    office.write(harbour="xero", quay="quickbooks")
    for name, company in (("harbour", HARBOUR), ("quay", office.realm(QUAY))):
        office.connect(name, company)
        first = office.grant(name)
        found = office.connect(name, company)
        assert found.notes == ()
        assert office.grant(name).refresh != first.refresh and office.grant(name).generation == 1
    assert '"skipped": ""' in office.run("preview", "--json").stdout
    assert office.connected() == {("owner", HARBOUR)}


def test_connecting_again_as_somebody_else_ends_the_old_consent(office: Office) -> None:
    office.write(harbour="xero")
    office.connect("harbour", HARBOUR)
    found = office.connect("harbour", HARBOUR, user="bookkeeper")
    assert found.notes == ("The consent before this one, somebody else's, was ended.",)
    assert office.connected() == {("bookkeeper", HARBOUR)}
    assert '"skipped": ""' in office.run("preview", "--json").stdout


def test_a_consent_of_nobody_knows_whom_is_not_ended(office: Office) -> None:
    office.write(harbour="xero")
    office.connect("harbour", HARBOUR)
    with office.app() as app:
        app.tokens.save("harbour", replace(office.grant("harbour"), access=Secret("opaque")))
    assert office.connect("harbour", HARBOUR, user="bookkeeper").notes == ()
    assert ("owner", HARBOUR) in office.connected()


def test_an_old_consent_that_still_serves_another_is_left(office: Office) -> None:
    office.write(harbour="xero, connection: one", quay="xero, connection: two")
    office.connect("harbour", HARBOUR)
    office.connect("quay", QUAY)  # the settings say where, though it is the same person
    assert office.connect("harbour", HARBOUR, user="bookkeeper").notes == ()
    assert ("owner", QUAY) in office.connected()


def test_a_shared_connection_is_not_narrowed(office: Office) -> None:
    quay, harbour = office.tenant(QUAY), office.tenant(HARBOUR)
    office.write(quay=f"xero, connection: ours, tenant: {quay}", harbour=f"xero, connection: ours, tenant: {harbour}")
    office.connect("quay", QUAY, HARBOUR)
    assert {key for key, _ in office.grant("ours").tenants} == {quay, harbour}
    before = office.grant("ours")
    with pytest.raises(ConsentFailed, match='shared with "quay"'):
        office.connect("harbour", HARBOUR, user="bookkeeper")
    assert office.grant("ours") == before


def test_what_does_not_fit_the_settings_is_not_kept(office: Office) -> None:
    office.write(harbour=f"xero, tenant: {office.tenant(HARBOUR)}", quay=f'quickbooks, realm: "{office.realm(QUAY)}"')
    with pytest.raises(ConsentFailed, match=f"covers {QUAY}"):
        office.connect("harbour", QUAY)
    with pytest.raises(ConsentFailed, match="not " + office.realm(QUAY)):
        office.connect("quay", office.realm(MILL))
    assert office.names() == ()


def test_an_app_without_a_secret(office: Office) -> None:
    office.write(harbour="xero")
    config = office.folder / "config.yaml"
    config.write_text(config.read_text("utf-8").replace(", client secret from: {env: APP_WORD}", ""), "utf-8")
    office.connect("harbour", HARBOUR)
    office.later(hours=1)
    assert '"skipped": ""' in office.run("preview", "--json").stdout
    assert office.grant("harbour").generation == 1
    assert office.run("disconnect", "harbour", "--yes").exit_code == 0
    assert office.connected() == set()


def test_notes_need_the_wider_scope(office: Office) -> None:
    office.write("    notes in books: yes\n", harbour="xero")
    text = (office.folder / "config.yaml").read_text("utf-8")
    (office.folder / "config.yaml").write_text(
        text.replace("}, zone: Europe/London}\n    notes in books: yes", "}, notes in books: yes}")
    )
    office.connect("harbour", HARBOUR)
    assert "+accounting.invoices+" in office.shown[-1]
