"""usage: what was asked, what it costs, where it is heading; and nothing of any client."""

from datetime import date

from tests.e2e.conftest import NOW, Office
from worker.core.usage import Used
from worker.logbook.store import open_logbook

XERO = """\
  quay:
    books: {kind: xero, client id from: {env: X}, client secret from: {env: X}, refresh token from: {env: X}}
    zone: Europe/London
    sender: {name: Accounts, email: accounts@quay.example.com}
  mill:
    books: {kind: xero, client id from: {env: X}, client secret from: {env: X}}
    zone: Europe/London
    sender: {name: Accounts, email: accounts@mill.example.com}
  hall:
    books:
      kind: quickbooks
      realm: "1"
      client id from: {env: X}
      client secret from: {env: X}
      refresh token from: {env: X}
    zone: Europe/London
    sender: {name: Accounts, email: accounts@hall.example.com}
"""


def test_a_sweep_says_what_it_asked_and_the_record_agrees(office: Office) -> None:
    data = office("preview", "--json").data["organisations"][0]
    asked = len(office.sandbox.world.log)
    assert data["asked"]["calls"] == data["asked"]["answered"] == asked
    found = office("usage", "--json").data
    (one,) = found["organisations"]
    assert (one["organisation"], one["platform"], one["calls"]) == ("harbour", "sandbox", asked)
    assert one["bytes"] == data["asked"]["bytes"] > 1000
    office("preview")
    again = office("usage", "--json", "--days").data
    assert again["organisations"][0]["calls"] > asked
    (day,) = again["days"]
    assert day["day"] == NOW.date().isoformat() and day["calls"] == again["organisations"][0]["calls"]


def test_every_sweep_shows_its_calls(office: Office) -> None:
    assert "calls to the books, " in office("preview").out


def test_a_reading_that_failed_counts_as_well(office: Office) -> None:
    office.write(url="http://127.0.0.1:9")
    assert office("preview").code == 1
    (one,) = office("usage", "--json").data["organisations"]
    assert one["calls"] > 0 and one["answered"] == 0 and one["bytes"] == 0


def test_what_it_costs_and_where_it_is_heading(office: Office, monkeypatch) -> None:
    monkeypatch.setenv("X", "any")
    text = office.config.read_text(encoding="utf-8")
    office.config.write_text(text + XERO, encoding="utf-8")
    office("usage")
    logbook = open_logbook(str(office.folder / "state" / "logbook.db"))
    day = date(2026, 3, 1)
    logbook.add_usage("quay", day, "xero", {"reading": Used(70, 70, 3_000_000), "organisation": Used(10, 10, 9_999)})
    logbook.add_usage("hall", day, "quickbooks", {"reading": Used(200_000, 200_000, 1), "token": Used(9, 9, 9)})
    logbook.close()
    answer = office("usage")
    assert answer.code == 1, "calls would be blocked before the month ends"
    for said in (
        "at least Starter: AUD 0.00 a month, 1 of 5 connections",
        "3.0 MB that count; the tier has no limit",
        "80 of 1,000 calls for one organisation",
        "1 custom connection: billed by Xero to the organisation, in no tier",
        "Builder: USD 0.00 a month",
        "200,000 reads of 500,000 reads: 40.0%",
        "CALLS WOULD BE BLOCKED before the month ends: sweep less often, or take Silver.",
        "as read on 2026-11-22",
    ):
        assert said in answer.out, said
    data = office("usage", "--json").data
    assert [p["platform"] for p in data["platforms"]] == ["quickbooks", "xero"]
    assert data["platforms"][0]["forecast"] == 620_000 and data["exit_code"] == 1
    quiet = office("usage", "--json", "--month", "2026-02")
    assert quiet.code == 0 and quiet.data["organisations"] == []


def test_a_month_that_is_none(office: Office) -> None:
    answer = office("usage", "--month", "March")
    assert answer.code == 2 and '"March" is no month' in answer.err


def test_nothing_of_a_client_is_recorded(office: Office) -> None:
    office("preview")
    said = office("usage", "--days").out + office("usage", "--json").out
    books = office.sandbox.world.books(office.sandbox.tenants[0])
    for contact in books.contacts.values():
        assert contact.name not in said and (not contact.email or contact.email not in said)
    assert "2026-03" in said, "the record goes by the clock it was given"
