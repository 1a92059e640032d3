"""The page as it is asked for: by preview, after every run, in another folder, for one firm of several."""

import email
import html
import re
from datetime import timedelta
from email import policy
from pathlib import Path

import pytest

from tests.e2e.conftest import NOW, Office
from tests.report.paged import Tables, shown_piles
from worker.logbook.store import open_logbook

FIRST = "first message"


@pytest.fixture
def office(office: Office) -> Office:
    """The same office, whose runs write their page."""
    office.pages = True
    return office


def without_links(text: str) -> str:
    """Without the indented lines below an invoice: its work and its pay link are fetched just before it leaves."""
    return "\n".join(line for line in text.strip().splitlines() if not line.startswith("    "))


def page_of(office: Office) -> Path:
    return office.folder / "state" / "page"


def test_a_preview_writes_it_and_says_where(office: Office) -> None:
    answer = office("preview")
    index = page_of(office) / "index.html"
    assert answer.out.rstrip().endswith(f"page: {index}")
    four, reasons, said = shown_piles(index.read_text("utf-8"))
    assert four == said and said
    money = office("preview", "--json").data["organisations"][0]["money"]
    assert {c: str(v) for c, v in said.items()} == {c: m["receivables"] for c, m in money.items()}
    assert {c: f"{v:.2f}" for c, v in reasons.items()} == {c: m["nobody_chasing"] for c, m in money.items()}
    assert FIRST in index.read_text("utf-8")
    listed = Tables((page_of(office) / "clients.html").read_text("utf-8")).found["clients"]
    assert len(listed) - 1 == len(list((page_of(office) / "clients").iterdir()))


def test_a_message_on_the_page_is_the_message_that_leaves(office: Office) -> None:
    office.go_live()
    office("preview")
    promised = {}
    for file in (page_of(office) / "clients").iterdir():
        found = re.search(r"<pre[^>]*>(.*?)</pre>", file.read_text("utf-8"), re.DOTALL)
        if found and "<iframe" in file.read_text("utf-8"):
            promised[file.name] = found[1]
    assert office("run").code in (0, 1)
    left = []
    for file in (office.folder / "outbox").glob("*.eml"):
        body = email.message_from_bytes(file.read_bytes(), policy=policy.default).get_body(("plain",))
        left.append(without_links(body.get_content()))
    assert sorted(without_links(html.unescape(t)) for t in promised.values()) == sorted(left)
    overview = (page_of(office) / "index.html").read_text("utf-8")
    assert "Who heard from us today" in overview and overview.count("<td>accepted</td>") == len(left)


def test_where_and_whether_it_is_written_can_be_said(office: Office, tmp_path: Path) -> None:
    office.write(more="page: {folder: ./look, every run: no}\n")
    assert "page:" not in office("run").out
    assert not (office.folder / "look").exists()
    assert f"page: {office.folder / 'look' / 'index.html'}" in office("preview").out
    elsewhere = tmp_path / "elsewhere"
    assert f"page: {elsewhere / 'index.html'}" in office("run", "--page", str(elsewhere)).out
    assert "page:" not in office("preview", "--no-page").out


def test_a_page_that_cannot_be_written_stops_nothing(office: Office) -> None:
    page_of(office).mkdir(parents=True)
    (page_of(office) / "mine.txt").write_text("not yours")
    answer = office("preview")
    assert "The page was not written" in answer.out and "holds other files" in answer.out
    assert answer.code == office("preview", "--no-page").code
    assert [p.name for p in page_of(office).iterdir()] == ["mine.txt"]


def test_a_mistake_of_ours_on_the_page_does_not_hide_what_was_sent(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise KeyError("client")

    office.go_live()
    monkeypatch.setattr("worker.report.page.book.pages", broken)
    answer = office("run")
    assert answer.code in (0, 1) and office.letters
    found = re.search(r"The page was not written: KeyError\. .* the details are in (\S+),", answer.out)
    assert found and "in broken" in Path(found[1]).read_text("utf-8")
    Path(found[1]).unlink()


def test_what_another_run_is_at_keeps_its_earlier_page(office: Office) -> None:
    office("preview")
    before = (page_of(office) / "index.html").stat().st_mtime_ns
    book = open_logbook(str(office.folder / "state" / "logbook.db"))
    assert book.lease("harbour", "somebody else", NOW, timedelta(hours=1))
    book.close()
    answer = office("run")
    assert "Another sweep" in answer.out and "page:" not in answer.out
    assert (page_of(office) / "index.html").stat().st_mtime_ns == before


def test_what_another_policy_would_change(office: Office) -> None:
    shown = office("preview", "--against", "gentle", "--days", "20").out
    assert re.search(r"What would change with gentle in 20 days: (nothing|\d+ reminder)", shown.splitlines()[-1])
    text = (page_of(office) / "changes.html").read_text("utf-8")
    assert "With gentle instead of considerate" in text
    said = office("simulate", "--against", "gentle", "--days", "20", "--json").data
    rows = Tables(text).found["changed"][1:]
    assert len(rows) == said["changes"]["clients"] > 0
    assert text.count("no longer: ") == said["changes"]["fewer"]
    assert f"for {len(rows)} clients." in text
    office("preview")
    assert not (page_of(office) / "changes.html").exists()
    wrong = office("preview", "--against", "nothing-such")
    assert wrong.code == 2 and "nothing-such" in wrong.err


@pytest.fixture
def practice(office: Office) -> Office:
    """Two firms over the same books, and one whose books cannot be read."""
    text = office.config.read_text("utf-8")
    head, _, one = text.partition("  harbour:\n")
    broken = one.replace(office.sandbox.tenants[0], "nobody-such")
    office.config.write_text(f"{head}  harbour:\n{one}  quay:\n{one}  sunk:\n{broken}", "utf-8")
    return office


def test_a_practice_has_a_row_per_firm_and_an_owner_sees_only_theirs(practice: Office) -> None:
    practice("preview", "harbour", "sunk")
    folder = page_of(practice)
    rows = Tables((folder / "index.html").read_text("utf-8")).found["firms"]
    assert len(rows) == 4 and "nobody is chased" in rows[1][1] and "not looked at" in rows[3][1]
    assert "What to do" in (folder / "sunk" / "index.html").read_text("utf-8")
    practice("preview", "quay", "--against", "gentle", "--days", "10")
    rows = Tables((folder / "index.html").read_text("utf-8")).found["firms"]
    assert "from an earlier one" in " ".join(rows[2]) and (folder / "harbour" / "index.html").exists()
    counted = Tables((folder / "changes.html").read_text("utf-8")).found["firms"]
    assert len(counted) == 2 and int(counted[1][1]) > 0
    for file in (folder / "quay").rglob("*.html"):
        assert "harbour/" not in file.read_text("utf-8") and "sunk" not in file.read_text("utf-8")
