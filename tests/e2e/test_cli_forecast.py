"""What was learnt from the sample company's payments, as people see it."""

import csv
from datetime import date
from decimal import Decimal

from tests.e2e.conftest import Office


def test_runs_tell_learnt_ones_with_their_evidence_and_the_unknown_apart(office: Office) -> None:
    (one,) = office("runs", "--json").data["organisations"]
    learnt = [c for c in one["clients"] if c["source"] == "learnt"]
    assert learnt
    for client in learnt:
        assert client["confidence"] >= 0.7
        assert not client["stated"]
        assert " of its last " in client["evidence"]
    assert one["unknown"]
    assert all(c["source"] == "unknown" for c in one["unknown"])


def test_forecast_gives_weeks_by_currency_and_every_invoice_its_dates(office: Office) -> None:
    (one,) = office("forecast", "--weeks", "4", "--json").data["organisations"]
    assert len({w["from"] for w in one["weeks"]}) == 4
    for week in one["weeks"]:
        assert Decimal(week["low"]) <= Decimal(week["expected"]) <= Decimal(week["high"])
    for invoice in one["invoices"]:
        assert date.fromisoformat(invoice["early"]) <= date.fromisoformat(invoice["median"])
    shown = office("forecast", "--weeks", "4")
    assert shown.code == 0
    assert "expected receipts by week" in shown.out
    lines = list(csv.DictReader(office("forecast", "--weeks", "4", "--csv").out.splitlines()))
    assert [(w["from"], w["expected"]) for w in one["weeks"]] == [(x["week_from"], x["expected"]) for x in lines]


def test_before_anything_waited_there_is_nothing_to_score(office: Office) -> None:
    answer = office("runs", "--score")
    assert answer.code == 0
    assert "no reminder has waited for a payment run yet" in answer.out
    assert office("runs", "--score", "--json").data["organisations"][0]["waits"] == 0


def test_runs_say_by_when_to_issue_and_which_of_the_last_ones_were_missed(office: Office) -> None:
    (one,) = office("runs", "--json").data["organisations"]
    for client in one["clients"]:
        assert client["issue_by"]["issue"] <= client["issue_by"]["run"]
        assert client["issue_by"]["issue"] >= one["as_of"]
        assert client["past"] == sorted(client["past"], key=lambda p: p["run"])
        assert all(p["run"] < one["as_of"] for p in client["past"])
    assert any(p["paid"] for c in one["clients"] for p in c["past"])
    shown = office("runs").out
    assert "issue by" in shown
    assert "makes the next run it still can" in shown
