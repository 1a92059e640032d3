"""letter: a file for a person; nothing is sent and nothing is overwritten."""

from tests.e2e.conftest import Office


def test_a_letter_is_drafted_once_and_never_sent(office: Office) -> None:
    decisions = office("run", "--json").data["organisations"][0]["decisions"]
    asked = next(d for d in decisions if d["kind"] == "remind" and d["step"] == "nudge")
    file = office.folder / "letter.html"
    done = office("letter", asked["payer"], "--to", str(file))
    assert done.code == 0, done.err
    assert "no interest is stated: " in done.out
    assert asked["name"] in file.read_text(encoding="utf-8")
    assert office.letters == []
    assert "exists already" in office("letter", asked["payer"], "--to", str(file)).err
    office.write(more=f'    clients: [{{client: "{asked["payer"]}", never hand over: a friend}}]\n')
    refused = office("letter", asked["payer"], "--to", str(office.folder / "other.html"))
    assert refused.code == 2
    assert "a friend" in refused.err
