"""The Markdown that people read, taken apart: its blocks in order, its links, its headings, its words in code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
_TEXT = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True)
class Block:
    """One fenced block; `title` is the file it stands for (`# config.yaml`), or ""."""

    page: str
    line: int
    kind: str
    text: str

    @property
    def title(self) -> str:
        """`policies/ours.yaml`, also of a block that is to be added: `# config.yaml, under harbour`."""
        head = self.text.partition("\n")[0]
        found = re.fullmatch(r"# ([\w./-]+\.(?:yaml|csv))(, under \w+)?", head)
        return found[1] if found else ""

    @property
    def added(self) -> bool:
        """It continues a file."""
        return ", under " in self.text.partition("\n")[0]

    @property
    def body(self) -> str:
        """The text without its title."""
        return self.text.partition("\n")[2] if self.title else self.text

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Page:
    """One file, by its path from the repository's root."""

    name: str
    blocks: tuple[Block, ...]
    indented: tuple[str, ...]
    links: tuple[str, ...]
    headings: tuple[str, ...]
    code: tuple[str, ...]


@lru_cache
def pages() -> tuple[Page, ...]:
    """All of docs/, the README, and the pages that stand beside what they are about."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/**/*.md")]
    found += [*ROOT.glob("policies/**/README.md"), *ROOT.glob("connectors/**/README.md")]
    return tuple(read(p) for p in sorted(found))


def read(path: Path) -> Page:
    """One page."""
    name = path.relative_to(ROOT).as_posix()
    tokens = _TEXT.parse(path.read_text("utf-8"))
    inline = [t for token in tokens for t in token.children or ()]
    blocks = (Block(name, t.map[0] + 1, t.info, t.content) for t in tokens if t.type == "fence" and t.map)
    return Page(
        name,
        tuple(blocks),
        tuple(t.content for t in tokens if t.type == "code_block"),
        tuple(str(t.attrGet("href") or t.attrGet("src")) for t in inline if t.type in {"link_open", "image"}),
        tuple(_headings(tokens)),
        tuple(t.content for t in inline if t.type == "code_inline"),
    )


def _headings(tokens: list[Token]) -> Iterator[str]:
    for before, token in pairwise(tokens):
        if before.type == "heading_open":
            yield "".join(t.content for t in token.children or () if t.type in {"text", "code_inline"})


def anchors(page: Page, *, site: bool) -> set[str]:
    """The names its headings can be linked by: in the site, or where Markdown is read as it stands."""
    made: set[str] = set()
    for heading in page.headings:
        plain = re.sub(r"[^\w\s-]", "", heading).strip().lower()
        made.add(re.sub(r"[-\s]+", "-", plain) if site else re.sub(r"\s", "-", plain))
    return made
