"""import history: dry run, idempotent, undo, every line's problem at once, and steps that go on from there."""

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
