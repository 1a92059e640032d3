"""import history: dry run, idempotent, undo, every line's problem at once, and steps that go on from there."""

import requests

from tests.e2e.conftest import Office


def asked(office: Office) -> tuple[str, str, str]:
    """A client that would be nudged today, its name, and one of the invoices it would hear about."""
    decisions = office("run", "--json").data["organisations"][0]["decisions"]
    found = next(d for d in decisions if d["kind"] == "remind" and d["step"] == "nudge")
    return found["payer"], found["name"], found["invoices"][0]["number"]


def test_a_step_of_before_counts_once_and_can_be_taken_back(office: Office) -> None:
    payer, name, number = asked(office)
    file = office.folder / "earlier.csv"
    file.write_text(
        f'date;client;invoice;what\n2026-03-05;"{name}";{number};Nudge\n2026-02-20;;{number};rang\n'
        f"2026-01-02;{payer};OLD-7;letter\n",
        encoding="utf-8",
    )
    dry = office("import", "history", str(file), "--dry-run")
    assert dry.code == 0, dry.err
    assert "3 contacts would be put on record" in dry.out
    assert [e for e in office("history", payer, "--json").data["entries"] if e["kind"] == "log"] == []
    done = office("import", "history", str(file))
    assert "3 contacts put on record" in done.out
    assert "As steps: 1 nudge" in done.out
    assert "kept for the record only: OLD-7" in done.out
    again = office("import", "history", str(file))
    assert "0 contacts put on record" in again.out
    assert "3 lines on record already" in again.out
    (stands,) = office("explain", number, "--json").data["standings"]
    assert stands["step"] != "nudge"
    assert stands["bucket"] == "chased"
    undone = office("import", "history", str(file), "--undo")
    assert "3 contacts taken back" in undone.out
    (stands,) = office("explain", number, "--json").data["standings"]
    assert stands["step"] == "nudge"
    assert "3 contacts put on record" in office("import", "history", str(file)).out


def test_every_line_that_cannot_be_read_is_named(office: Office) -> None:
    _, name, _ = asked(office)
    file = office.folder / "earlier.csv"
    lines = [
        "date,client,invoice,what",
        f"03/04/2026,{name},,rang",
        f"2027-01-01,{name},,rang",
        "2026-03-01,Nobody at all,,rang",
        f"2026-03-01,{name},,",
        "2026-03-01,,NONE-1,rang",
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    answer = office("import", "history", str(file))
    assert answer.code == 2
    assert [f"earlier.csv:{n}" in answer.err for n in range(1, 7)] == [False, True, True, True, True, True]
    assert "--dates" in answer.err
    file.write_text(f"date,client,what\n03/04/2025,{name},rang\n", encoding="utf-8")
    assert "1 contact would be" in office("import", "history", str(file), "--dry-run", "--dates", "day first").out
    file.write_text("when,who\n", encoding="utf-8")
    assert "no column date, what, client or invoice" in office("import", "history", str(file)).err


# -- from the books' own history --------------------------------------------------------------------------------------


def tell(office: Office, deed: str, **data: object) -> None:
    answer = requests.post(f"{office.sandbox.url}/_sandbox/{deed}", json=data, timeout=5)
    assert answer.ok, answer.text


def logged(office: Office, payer: str) -> list[str]:
    entries = office("history", payer, "--json").data["entries"]
    return [e["data"]["what"] for e in entries if e["kind"] == "log"]


def test_reminders_the_books_recorded_are_read_once_and_can_be_taken_back(office: Office) -> None:
    payer, _, number = asked(office)
    note = {"changes": "Invoice reminder", "details": "Reminder sent to ap@client.example.com"}
    tell(office, "events", kind="note.add", id=number, data=note)
    tell(office, "events", kind="note.add", id=number, data={"details": "duecourse: nudge sent to ap@c.example.com"})
    tell(office, "events", kind="note.add", id=number, data={"details": "Reminder not sent: email missing"})
    dry = office("import", "history", "--from-books", "--dry-run")
    assert dry.code == 0, dry.err
    assert "2 earlier reminders would be put on record" in dry.out
    assert logged(office, payer) == []
    done = office("import", "history", "--from-books")
    assert "2 earlier reminders put on record" in done.out
    assert "1 of them is a step" in done.out
    assert sorted(logged(office, payer)) == [
        "in the books: Invoice reminder: Reminder sent to ap@client.example.com",
        "nudge",
    ]
    before = len(office.sandbox.world.log)
    again = office("import", "history", "--from-books")
    assert "0 earlier reminders put on record (0 invoices asked about" in again.out
    assert [e for e in office.sandbox.world.log[before:] if e["path"].endswith("/History")] == []
    (stands,) = office("explain", number, "--json").data["standings"]
    assert (stands["bucket"], stands["step"] == "nudge") == ("chased", False)
    assert "2 contacts taken back" in office("import", "history", "--from-books", "--undo").out
    (stands,) = office("explain", number, "--json").data["standings"]
    assert stands["step"] == "nudge"
    assert "2 earlier reminders put on record" in office("import", "history", "--from-books").out


def test_a_reading_cut_short_goes_on_where_it_was(office: Office) -> None:
    payer, _, number = asked(office)
    tell(office, "events", kind="note.add", id=number, data={"details": "Payment reminder e-mailed"})
    office.sandbox.world.faults.clear()
    tell(office, "faults", kind="server error", endpoint="History", nth=4, times=0)
    cut = office("import", "history", "--from-books")
    assert cut.code == 0, cut.err
    assert "left for the next time" in cut.out
    cleared = requests.post(f"{office.sandbox.url}/_sandbox/faults", json=[], timeout=5)
    assert cleared.ok
    done = office("import", "history", "--from-books")
    assert "left for the next time" not in done.out
    assert logged(office, payer) == ["in the books: Note: Payment reminder e-mailed"]
    asked_about = [e["path"] for e in office.sandbox.world.log if e["path"].endswith("/History") and e["status"] == 200]
    assert len(asked_about) == len(set(asked_about)), "no invoice was asked about twice"


def test_books_without_a_history_say_so(office: Office) -> None:
    text = office.config.read_text(encoding="utf-8").replace("{kind: sandbox, ", "{kind: sandbox, face: quickbooks, ")
    office.config.write_text(text, encoding="utf-8")
    refused = office("import", "history", "--from-books")
    assert refused.code == 2
    assert "keeps no history of an invoice that a program may read" in refused.err
    assert "duecourse import history FILE" in refused.err
    assert office("import", "history").code == 2


def test_a_history_kept_twice_counts_once(office: Office) -> None:
    """A note of ours about a message that is in the logbook already is no second contact."""
    office.go_live("    what happens next: We will decide.\n    notes in books: yes\n")
    sent = office("run", "--json").data["organisations"][0]
    assert sent["sent"], sent
    found = office("import", "history", "--from-books")
    assert found.code == 0, found.err
    assert "0 earlier reminders put on record" in found.out
