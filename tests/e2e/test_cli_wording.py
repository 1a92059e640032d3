"""duecourse wording, explain's language, and statements that leave with a message."""

import io
import json
import re
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pypdf import PdfReader

from tests.e2e.conftest import Office
from worker.cli import main


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*words: str) -> Result:
    return CliRunner().invoke(main, ["wording", *words], env={"NO_COLOR": "1"})


def test_a_bookkeeper_copies_edits_previews_and_checks(there: Path) -> None:
    assert call("new", "fr-CA", "nudge").exit_code == 0
    own = there / "wording" / "fr-CA" / "nudge.md"
    assert [p.name for p in own.parent.iterdir()] == ["nudge.md"]
    assert call("new", "fr-CA", "nudge").exit_code == 2, "what was edited is never overwritten"
    own.write_text(own.read_text("utf-8").replace("Pour quelle date", "À quelle date"), encoding="utf-8")
    answer = call("preview", "nudge", "--language", "fr-CA", "--case", "plain")
    assert "À quelle date le règlement est-il prévu?" in answer.output
    assert "Cordialement," in answer.output
    listed = json.loads(call("list", "--json").output)["messages"]
    (nudge,) = [each for each in listed if each["name"] == "nudge"]
    assert nudge["own"] == ["fr-CA"]
    assert {"de", "en", "es", "fr", "nl"} <= set(nudge["languages"])
    own.write_text(own.read_text("utf-8").replace("{{ greeting }}", "{{ greting }}"), encoding="utf-8")
    wrong = call("check")
    assert wrong.exit_code == 2
    assert re.search(r"fr-CA/nudge\.md:7: unknown name 'greting'", re.sub(r"\n", "", wrong.output))
    assert "did you mean 'greeting'?" in wrong.output


def test_every_message_on_one_page(there: Path) -> None:
    assert call("preview", "--language", "de", "--html", "all.html").exit_code == 0
    page = (there / "all.html").read_text("utf-8")
    assert page.count("<section>") == 3 * len(json.loads(call("list", "--json").output)["messages"])
    assert "<script" not in page
    assert "Guten Tag" in page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("preview", "nugde"), 'write "nudge", if that is what you meant'),
        (("preview", "--language", "french"), "a code such as fr, or fr-CA"),
        (("new", "xx", "--from", "yy"), 'there is no wording in "yy"'),
        (("new", "fr", "no-such"), 'there is no message "no-such"'),
    ],
)
def test_what_cannot_be_shown_is_said(there: Path, words: tuple[str, ...], said: str) -> None:
    answer = call(*words)
    assert answer.exit_code == 2
    assert said in answer.output
    assert not (there / "wording").exists()


def test_explain_names_the_language_and_who_chose_it(office: Office) -> None:
    office.write(more="    clients: [{client: Lantern Works Theatre, language: fr-CA}]\n")
    data = office("explain", "Lantern Works Theatre", "--json").data
    (said,) = [each for each in data["settings"] if each["setting"] == "language"]
    assert said["value"] == "fr-CA (worded in fr)"
    assert re.fullmatch(r"config\.yaml:\d+", said["place"])


def test_a_statement_leaves_with_the_message(office: Office) -> None:
    office.go_live("    attach: statement\n")
    office("run")
    found = []
    for path in (office.folder / "outbox").glob("*.eml"):
        mail = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
        for part in mail.iter_attachments():
            text = " ".join(PdfReader(io.BytesIO(part.get_payload(decode=True))).pages[0].extract_text().split())
            assert part.get_filename() == "statement-2026-03-10.pdf"
            body = mail.get_body(("plain",))
            assert body is not None
            found.append((set(re.findall(r"INV-\d+", body.get_content())), text))
    assert found
    assert all("Statement of account" in text and "Balance £" in text for _, text in found)
    assert all(numbers and numbers <= set(re.findall(r"INV-\d+", text)) for numbers, text in found)


def test_own_wording_is_found_beside_the_config_from_anywhere(
    office: Office, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = office.folder / "wording" / "en"
    folder.mkdir(parents=True)
    (folder / "_signature.md").write_text("Yours, the bench by the window\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    office.go_live()
    office("run")
    mails = [path.read_bytes() for path in (office.folder / "outbox").glob("*.eml")]
    assert mails
    assert all(b"the bench by the window" in mail for mail in mails)
