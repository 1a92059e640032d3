"""Settings per client: the nearest wins, places are kept, and nothing that restrains is lost."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.config.helpers import books, practice, settings
from worker.calendars import calendar_for
from worker.config.resolve import resolve
from worker.core.payment_run import RunSchedule, parse_pays
from worker.core.receivable import Client
from worker.core.settings import Address, Caps, Collection, Mode
from worker.core.workdays import Calendar
from worker.errors import ConfigError

ACME = Client("c1", "Acme Ltd", account_number="A-1", groups=("Agencies",), country="GB")
QUAY = Client("c2", "Quayside Books")
BOOKS = books(ACME, QUAY)


def organisation(body: str) -> str:
    """A config.yaml with one organisation."""
    return "organisations:\n  harbour:\n    books: {kind: sandbox}\n" + "".join(
        f"    {line}\n" for line in body.strip("\n").splitlines()
    )


def test_every_client_has_settings_even_when_nothing_is_written(tmp_path: Path) -> None:
    found = settings(tmp_path, organisation(""), BOOKS)
    assert set(found.clients) == {"c1", "c2"}
    plain = found.clients["c2"]
    assert (plain.policy.name, plain.payer_id, plain.language, plain.schedule) == ("considerate", "c2", "en", None)
    assert found.mode is Mode.PREVIEW
    assert found.zone == "UTC"
    assert found.never_contact_groups == {"no reminders"}


LAYERS = {
    "practice": ("language: de\n", ""),
    "organisation": ("", "language: es\n"),
    "group": ("", "groups: {agencies: {language: fr}}\n"),
    "payer": ("", "payers: {Acme Ltd: {clients: [A-1], language: nl}}\n"),
    "client": ("", "clients: [{client: acme ltd, language: de-AT}]\n"),
}


@hypothesis_settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from(list(LAYERS))))
def test_the_nearest_layer_wins(tmp_path_factory: pytest.TempPathFactory, present: set[str]) -> None:
    parts = [LAYERS[name] for name in LAYERS if name in present]
    text = "".join(p for p, _ in parts) + organisation("".join(o for _, o in parts))
    found = settings(tmp_path_factory.mktemp("layers"), text, BOOKS).clients["c1"]
    nearest = next((n for n in reversed(LAYERS) if n in present), None)
    codes = dict(zip(LAYERS, ("de", "es", "fr", "nl", "de-AT"), strict=True))
    assert found.language == (codes[nearest] if nearest else "en")
    assert ("language" in found.places) == (nearest is not None)
    if nearest:
        line = int(found.places["language"].removeprefix("config.yaml:"))
        assert codes[nearest] in text.splitlines()[line - 1]


def test_a_client_is_named_by_id_number_or_name(tmp_path: Path) -> None:
    for name in ("c1", "A-1", "Acme Ltd", "ACME  LTD"):
        text = organisation(f"clients: [{{client: {name}, pays: last friday, cut-off: 3 business days}}]")
        found = settings(tmp_path, text, BOOKS).clients["c1"]
        assert found.schedule is not None
        assert found.run_stated
        assert found.schedule.next_run(date(2026, 1, 15)) == date(2026, 1, 30)
        assert found.schedule.cut_off_of(date(2026, 1, 30)) == date(2026, 1, 27)


def test_a_run_can_be_written_without_being_quoted(tmp_path: Path) -> None:
    text = organisation("clients: [{client: c1, pays: last friday, pays stated: no}]")
    assert not settings(tmp_path, text, BOOKS).clients["c1"].run_stated


def test_a_merged_client_is_the_one_that_remains(tmp_path: Path) -> None:
    merged = books(ACME, Client("c0", "Acme Ltd", merged_into="c1", archived=True))
    text = organisation("holds: [{client: c0, why: x}]\ndisputes: [{client: Acme Ltd, reason: y}]")
    found = settings(tmp_path, text, merged)
    assert [h.client_id for h in found.holds] == ["c1"]
    assert [d.client_id for d in found.disputes] == ["c1"]


def test_holds_from_every_layer_add_up(tmp_path: Path) -> None:
    body = """
groups: {Agencies: {hold until: released, why: a group}}
clients: [{client: c1, hold until: 2026-02-01, why: a client}]
holds:
  - {client: c1, why: an entry}
  - {client: c1, invoice: inv-c1, until: 2026-03-01, why: an invoice}
"""
    holds = settings(tmp_path, organisation(body), BOOKS).holds
    assert {(h.client_id, h.why, h.until, h.invoice_id) for h in holds} == {
        ("c1", "a group", None, ""),
        ("c1", "a client", date(2026, 2, 1), ""),
        ("c1", "an entry", None, ""),
        ("c1", "an invoice", date(2026, 3, 1), "i-c1"),
    }
    assert all(h.place.startswith("config.yaml:") for h in holds)


def test_a_wrong_invoice_number_holds_the_whole_client(tmp_path: Path) -> None:
    body = (
        "holds: [{client: c1, invoice: INV-x, why: x}]\ndisputes: [{client: c1, invoices: [INV-c1, INV-x], reason: y}]"
    )
    found = settings(tmp_path, organisation(body), BOOKS)
    assert found.holds[0].invoice_id == ""
    assert "INV-x" in found.holds[0].why
    assert found.disputes[0].invoice_ids == ()
    assert "INV-x" in found.disputes[0].reason


@pytest.mark.parametrize(
    "entry",
    [
        "holds: [{client: Acme Limited, why: x}]",
        "clients: [{client: Acme Limited, pays: last friday}]",
        "clients: [{client: Acme Limited, hold until: released}]",
        "disputes: [{client: Acme Limited, reason: x}]",
        "promises: [{client: Acme Limited, by: 2026-02-01}]",
        "payers: {Group: {clients: [Acme Limited]}}",
        "never contact: {clients: Acme Limited}",
    ],
)
def test_an_entry_that_matches_nobody_stops_the_organisation(tmp_path: Path, entry: str) -> None:
    with pytest.raises(ConfigError, match="Acme Ltd"):
        settings(tmp_path, organisation(entry), BOOKS)


def test_a_row_that_settles_nothing_may_outlive_its_client(tmp_path: Path) -> None:
    assert settings(tmp_path, organisation("clients: [{client: Gone Ltd}]"), BOOKS).clients


def test_promises_without_the_day_they_were_made_stay_within_thirty_days(tmp_path: Path) -> None:
    body = "promises: [{client: c1, by: 2026-02-20}, {client: c2, by: 2026-01-20, made on: 2026-01-10}]"
    found = settings(tmp_path, organisation(body), BOOKS).promises
    assert [(p.client_id, p.made_on) for p in found] == [("c1", date(2026, 1, 15)), ("c2", date(2026, 1, 10))]


def test_one_payer_for_several_clients(tmp_path: Path) -> None:
    body = """
payers:
  Quayside Books: [Acme Ltd]
"""
    found = settings(tmp_path, organisation(body), BOOKS)
    assert {c.payer_id for c in found.clients.values()} == {"c2"}
    body = "payers: {Group: {clients: [c2, c1], contacts: {accounts payable: ap@example.net}}}"
    found = settings(tmp_path, organisation(body), BOOKS)
    assert {c.payer_id for c in found.clients.values()} == {"c2"}
    assert found.clients["c1"].to == (Address("ap@example.net"),)


def test_a_client_billed_with_its_parent_is_paid_for_by_it(tmp_path: Path) -> None:
    family = books(QUAY, Client("k", "Kid", parent_id="c2", billed_with_parent=True))
    assert settings(tmp_path, organisation(""), family).clients["k"].payer_id == "c2"


def test_roles_of_contacts(tmp_path: Path) -> None:
    contacts = (
        '{accounts payable: "a@example.net; b@example.net", thank-you: t@example.net, escalation: [e@example.net]}'
    )
    text = organisation(f"clients: [{{client: c1, contacts: {contacts}}}]")
    found = settings(tmp_path, text, BOOKS).clients["c1"]
    assert [a.email for a in found.to] == ["a@example.net", "b@example.net"]
    assert found.thanks_to == (Address("t@example.net"),)
    assert found.escalate_to == (Address("e@example.net"),)
    assert found.cc == ()


def test_a_collection_may_be_written_in_words(tmp_path: Path) -> None:
    text = organisation(
        "clients: [{client: c1, collects: direct debit on 5th}, {client: c2, collects: {method: card}}]"
    )
    found = settings(tmp_path, text, BOOKS).clients
    monthly = RunSchedule(parse_pays("5th"), calendar=found["c1"].calendar)
    assert found["c1"].collects == Collection("direct debit", "5th", monthly)
    assert found["c2"].collects == Collection("card")


def test_calendars_follow_the_written_country_then_the_books_then_the_organisation(tmp_path: Path) -> None:
    clients = books(
        Client("w", "Written", country="FR"),
        Client("b", "Books", country="FR"),
        Client("o", "Odd", country="Somewhere over there"),
        Client("n", "None"),
    )
    text = organisation("country: GB\nclients: [{client: w, country: US}]")
    found = settings(tmp_path, text, clients).clients
    bastille, thanksgiving, boxing = date(2026, 7, 14), date(2026, 11, 26), date(2025, 12, 26)
    assert thanksgiving in found["w"].calendar.holidays
    assert bastille in found["b"].calendar.holidays
    assert boxing in found["o"].calendar.holidays
    assert boxing in found["n"].calendar.holidays


def test_closures_close_the_calendar_and_move_the_runs(tmp_path: Path) -> None:
    text = organisation("clients: [{client: c1, pays: last friday, closed: 20 jan - 5 feb}]")
    found = settings(tmp_path, text, BOOKS).clients["c1"]
    assert not found.calendar.is_business_day(date(2026, 1, 30))
    assert found.schedule is not None
    assert found.schedule.next_run(date(2026, 1, 15)) == date(2026, 2, 27)


def test_clients_with_the_same_layers_share_one_calendar(tmp_path: Path) -> None:
    asked: list[tuple[str | None, str | None]] = []

    def calendars(country: str | None, region: str | None = None, *, years: range) -> Calendar:
        asked.append((country, region))
        return calendar_for(country, region, years=years)

    many = books(*(Client(f"c{n}", f"Client {n}") for n in range(50)))
    (one,) = practice(tmp_path, organisation("country: GB")).organisations
    found = resolve(one, many, date(2026, 1, 15), calendars)
    assert len({id(c.calendar) for c in found.clients.values()}) == 1
    assert asked == [("GB", None)]


def test_quiet_periods_are_laid_out_year_by_year(tmp_path: Path) -> None:
    text = "quiet: 24 dec - 1 jan every year\n" + organisation(
        "pause: {from: 2026-02-02, to: 2026-02-06, what: hard, why: a fair}"
    )
    quiet = settings(tmp_path, text, BOOKS).quiet
    covered = [p for p in quiet if p.covers(date(2026, 1, 1))]
    assert [(p.start, p.end, p.hard_only) for p in covered] == [(date(2025, 12, 24), date(2026, 1, 1), False)]
    assert [(p.why, p.hard_only) for p in quiet if p.covers(date(2026, 2, 4))] == [("a fair", True)]


def test_ceilings_are_only_ever_tightened(tmp_path: Path) -> None:
    assert settings(tmp_path, organisation(""), BOOKS).caps == Caps(3, 10)
    text = "caps: {per week: 2}\n" + organisation("caps: {per week: 3, per month: 5}")
    assert settings(tmp_path, text, BOOKS).caps == Caps(2, 5)


@pytest.mark.parametrize(
    ("written", "words", "stale_after"),
    [
        ("daily", "daily", None),
        ("Every Tuesday", "every tuesday", None),
        ("by hand", "by hand", None),
        ("2026-01-10", "by hand", date(2026, 1, 17)),
    ],
)
def test_reconciled(tmp_path: Path, written: str, words: str, stale_after: date | None) -> None:
    found = settings(tmp_path, organisation(f"reconciled: {written}"), BOOKS).reconciled
    assert found is not None
    assert (found.words, found.stale_after) == (words, stale_after)


def test_rules_for_invoices_keep_their_order(tmp_path: Path) -> None:
    body = """
invoices:
  - {match: {number prefix: DEP-}, policy: standard}
  - {match: {reference: insurer, repeating: yes}, excluded: paid by the insurer}
"""
    first, second = settings(tmp_path, organisation(body), BOOKS).invoice_rules
    assert first.policy is not None
    assert (first.policy.name, first.number_prefix, first.place) == ("standard", "DEP-", "config.yaml:5")
    assert (second.excluded, second.reference, second.repeating) == ("paid by the insurer", "insurer", True)


def test_live_mode_needs_a_time_zone_from_somebody(tmp_path: Path) -> None:
    body = """
backlog: leave
sender: {name: Accounts, email: accounts@example.com}
signature: {name: Accounts team, email: accounts@example.com}
"""
    text = "mode: live\n" + organisation(body)
    with pytest.raises(ConfigError, match="time zone"):
        settings(tmp_path, text, BOOKS)
    assert settings(tmp_path, text, books(ACME, zone="Europe/London")).zone == "Europe/London"


def test_the_kill_switch_of_the_practice_or_the_organisation(tmp_path: Path) -> None:
    assert settings(tmp_path, "stopped: moving\n" + organisation(""), BOOKS).stopped == "moving"
    assert settings(tmp_path, organisation("stopped: audit"), BOOKS).stopped == "audit"


BASE = "backlog: leave\nsender: {name: Accounts, email: accounts@example.com}\n"


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ("# a comment, which moves every line\n" + BASE, True),
        (BASE + "holds: [{client: c1, why: x}]\n", True),
        (BASE + "clients: [{client: c1, contacts: {accounts payable: ap@example.net}}]\n", True),
        (BASE.replace("leave", "chase"), False),
        (BASE.replace("accounts@", "billing@"), False),
        (BASE + "policy: standard\n", False),
        (BASE + "groups: {Agencies: {policy: standard}}\n", False),
    ],
)
def test_the_fingerprint_changes_with_what_was_approved_and_only_then(tmp_path: Path, change: str, same: bool) -> None:
    before = settings(tmp_path, organisation(BASE), BOOKS).fingerprint
    assert (settings(tmp_path, organisation(change), BOOKS).fingerprint == before) is same


def test_the_fingerprint_sees_inside_a_policy(tmp_path: Path) -> None:
    text = "policies: {ours: {extends: standard, gap: %s}}\n" + organisation("policy: ours")
    one = settings(tmp_path, text % "4 days", BOOKS).fingerprint
    assert settings(tmp_path, text % "4 days", BOOKS).fingerprint == one
    assert settings(tmp_path, text % "5 days", BOOKS).fingerprint != one


def test_the_fingerprint_does_not_mind_where_a_policy_is_written(tmp_path: Path) -> None:
    text = "policies: {ours: {extends: standard, gap: 4 days}}\n" + organisation("policy: ours")
    one = settings(tmp_path, text, BOOKS).fingerprint
    assert settings(tmp_path, "# a comment\n\n" + text, BOOKS).fingerprint == one


def test_a_region_goes_with_the_country_it_was_written_with(tmp_path: Path) -> None:
    scottish, american = date(2026, 1, 2), date(2026, 7, 3)
    text = "country: GB\nregion: SCT\n" + organisation("clients: [{client: c1, country: US}]")
    found = settings(tmp_path, text, BOOKS).clients
    assert scottish in found["c2"].calendar.holidays
    assert american in found["c1"].calendar.holidays
    assert scottish not in found["c1"].calendar.holidays


def test_a_closure_that_never_opens_is_no_calendar(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no day on which the client is open"):
        settings(tmp_path, organisation("clients: [{client: c1, closed: 1 jan - 31 dec}]"), BOOKS)
