"""The page's folder: only ours is replaced or removed, and nobody else can read it."""

from pathlib import Path

import pytest

from worker.report.page.render import environment
from worker.report.page.words import cleaned, compact, fit, typed
from worker.report.page.write import MANIFEST, NotOurs, write


def test_pages_that_are_no_longer_written_go_and_nothing_else_does(tmp_path: Path) -> None:
    folder = tmp_path / "page"
    assert (
        write(folder, [("index.html", "1"), ("clients/a.html", "a"), ("clients/b.html", "b")]) == folder / "index.html"
    )
    (folder / "clients" / "notes.txt").write_text("mine")
    write(folder, [("index.html", "2"), ("clients/b.html", "b")])
    found = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    assert found == [MANIFEST, "clients/b.html", "clients/notes.txt", "index.html"]
    assert (folder / "index.html").read_text() == "2"


def test_pages_of_firms_that_were_not_looked_at_stay(tmp_path: Path) -> None:
    write(tmp_path / "p", [("index.html", ""), ("one/index.html", ""), ("two/index.html", "")])
    write(tmp_path / "p", [("index.html", ""), ("one/index.html", "")], keep=["two"])
    assert (tmp_path / "p" / "two" / "index.html").exists()
    write(tmp_path / "p", [("index.html", ""), ("one/index.html", "")])
    assert not (tmp_path / "p" / "two").exists()


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(NotOurs, match="holds other files"):
        write(tmp_path, [("index.html", "")])
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.docx"]


def test_a_list_that_was_tampered_with_removes_nothing_outside(tmp_path: Path) -> None:
    (tmp_path / "kept.html").write_text("not ours")
    folder = tmp_path / "page"
    write(folder, [("index.html", "")])
    (folder / MANIFEST).write_text(f"../kept.html\n{tmp_path}/kept.html\nindex.html\n../page/../kept.html\n\n")
    write(folder, [("index.html", "")])
    assert (tmp_path / "kept.html").exists()


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    write(tmp_path / "page", [("index.html", ""), ("clients/a.html", "")])
    assert (tmp_path / "page").stat().st_mode & 0o077 == 0
    assert (tmp_path / "page" / "clients").stat().st_mode & 0o077 == 0
    assert (tmp_path / "page" / "clients" / "a.html").stat().st_mode & 0o077 == 0


def test_values_are_cleaned_and_escaped_wherever_they_are_written() -> None:
    made = environment().from_string("{{ x }}|{{ y|fit(10) }}")
    assert made.render(x="<b>\u202e\x1b[1m", y="a" * 50) == "&lt;b&gt; [1m|" + "a" * 9 + "…"
    assert len(cleaned("x" * 10**6)) < 2000 and len(cleaned("\u202e" * 10**6)) == 0
    assert fit("one\n two") == "one two"
    assert [compact(v) for v in (0, 950, 1234, 99_999, 1_234_567)] == ["0", "950", "1.23k", "100k", "1.23m"]
    assert typed("duecourse resolve ab sent  (or not-sent)", " --config c") == (
        "duecourse resolve ab sent --config c  (or not-sent)"
    )
