"""The bookkeeper's walk-through, run as it is written: its files, its commands, and what it says they answer."""

import re
import shlex
from pathlib import Path

import pytest

from tests.e2e.conftest import Office

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "bookkeepers-guide.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def chapter() -> str:
    text = GUIDE.read_text(encoding="utf-8")
    start = text.index("## A walk-through")
    return text[start : text.index("\n## ", start + 4)]


class Walk:
    """Follows the chapter in one folder; what a run asks for is remembered for the line that approves it."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.wanted: dict[str, str] = {}
        self.ran: list[str] = []
        self.letters: list[int] = []

    def file(self, block: str) -> None:
        head, _, body = block.partition("\n")
        name, _, under = head.removeprefix("# ").partition(", ")
        path = self.office.folder / name
        path.parent.mkdir(exist_ok=True)
        text = path.read_text(encoding="utf-8") + body if under else body
        there = f"{{kind: sandbox, url: {self.office.sandbox.url}, tenant: {self.office.sandbox.tenants[0]}}}"
        path.write_text(text.replace("{kind: sandbox}", there), encoding="utf-8")

    def console(self, block: str) -> None:
        for command in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, *expected = command.splitlines()
            words = [self.wanted.get(w, w) for w in shlex.split(line)[1:]]
            answer = self.office(*words)
            assert answer.code in (0, 1, 3), f"{line}: {answer.out}{answer.err}"
            for wanted in filter(None, expected):
                assert wanted in answer.out, f"{line}: {answer.out}{answer.err}"
            for found in re.finditer(r"duecourse approve ((\w+)-\w+)", answer.out):
                self.wanted[found[2].upper()] = found[1]
            self.ran.append(words[0])
            if words[0] == "run":
                self.letters.append(len(self.office.letters))


def test_the_walk_through_as_written(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(office.folder)
    walk = Walk(office)
    for kind, block in _BLOCK.findall(chapter()):
        walk.file(block) if kind == "yaml" else walk.console(block)
    wanted = {"preview", "simulate", "hold", "explain", "promise", "release", "run", "approve", "log", "history"}
    assert wanted <= set(walk.ran)
    assert walk.letters[:2] == [0, 0]  # nothing before somebody said yes
    assert walk.letters[-1] == walk.letters[-2] + 1  # the approved notice, and nothing else
