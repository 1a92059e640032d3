"""Somebody who follows a page of the handbook to the letter."""

import json
import re
import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner

from tests.e2e.conftest import NOW
from tests.handbook.fragments import configs_of, keys, loaded, with_organisation
from tests.handbook.pages import Block, Page
from tests.handbook.typed import clocked, found, shell
from worker.cli import main

READ_ONLY = {"text", "csv"}
"""Blocks that are neither run nor loaded: pictures in letters, output, and (csv) files that a command then reads."""


@dataclass
class Reader:
    """Somebody who does what a page says, in one folder."""

    folder: Path
    sandbox: str
    wanted: dict[str, str] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    letters: list[int] = field(default_factory=list)
    unread: Block | None = None

    def follow(self, page: Page) -> None:
        """All blocks of a page, in order."""
        kinds = {"yaml": self.yaml, "json": self.json, "sh": self.sh, "console": self.console, "python": self.python}
        for block in page.blocks:
            if block.kind == "console":
                self.loads()
            kinds.get(block.kind, self.read)(block)
        self.loads()

    def read(self, block: Block) -> None:
        assert block.kind in READ_ONLY, f"{block}: what is {block.kind or 'a block without a kind'}?"
        if block.title:
            self.write(block)

    def write(self, block: Block) -> None:
        path = self.folder / block.title
        path.parent.mkdir(exist_ok=True)
        text = path.read_text("utf-8") + block.body if block.added else block.body
        path.write_text(text.replace("{kind: sandbox}", self.sandbox), "utf-8")

    def yaml(self, block: Block) -> None:
        if block.title:
            self.write(block)
            self.unread = block
            return
        aside = self.folder / f"piece-{block.line}"
        shutil.copytree(self.folder / "policies", aside / "policies") if (self.folder / "policies").is_dir() else None
        places = configs_of(block.text)
        wrong: list[str] = []
        for files in places:
            for name, text in files.items():
                (aside / name).parent.mkdir(parents=True, exist_ok=True)
                (aside / name).write_text(text, "utf-8")
            try:
                loaded(aside)
            except AssertionError as error:
                wrong.append(str(error))
            else:
                return
        raise AssertionError("\n".join([f"{block}: no place for {', '.join(keys(block.text))}", *wrong]))

    def loads(self) -> None:
        """The files written since the last command make a configuration together."""
        block, self.unread = self.unread, None
        if block is None or not (self.folder / "config.yaml").is_file():
            return
        config = self.folder / "config.yaml"
        written = config.read_text("utf-8")
        if "organisations" not in keys(written) and not (self.folder / "organisations").is_dir():
            config.write_text(with_organisation(written), "utf-8")
        try:
            loaded(self.folder)
        except AssertionError as error:
            raise AssertionError(f"{block}: {error}") from None
        finally:
            config.write_text(written, "utf-8")

    def json(self, block: Block) -> None:
        json.loads(block.text)

    def python(self, block: Block) -> None:
        exec(compile(block.text, str(block), "exec"), {})

    def sh(self, block: Block) -> None:
        for line in block.text.replace("\\\n", " ").splitlines():
            try:
                shell(line)
            except AssertionError as error:
                raise AssertionError(f"{block}: {error}") from None

    def console(self, block: Block) -> None:
        for typed in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            line, *expected = typed.splitlines()
            head, *words = [self.wanted.get(w, w) for w in shlex.split(line, comments=True)]
            assert head == "duecourse", f"{block}: only duecourse is run here"
            _, made, _ = found(words)
            now = ["--now", NOW.isoformat()] if clocked(made) else []
            done = CliRunner().invoke(main, [*words, *now], env={"NO_COLOR": "1"})
            self.ran.append(words[0])
            if words[0] == "run":
                self.letters.append(len(list((self.folder / "outbox").glob("*.eml"))))
            assert done.exit_code in (0, 1, 3), f"{block}: {line}\n{done.output}"
            for wanted in filter(None, expected):
                assert wanted in done.stdout, f"{block}: {line} does not say {wanted!r}\n{done.output}"
            for asked in re.finditer(r"duecourse approve ((\w+)-\w+)", done.stdout):
                self.wanted[asked[2].upper()] = asked[1]
