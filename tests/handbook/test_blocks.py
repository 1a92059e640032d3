"""Every block of the handbook is run or validated, in the order in which it stands there.

`yaml` that begins with `# FILE` is that file; any other is put where its keys belong and loaded. `console` is run, and
what stands below a command must be in its answer. `sh` is what needs the world: its commands and options must exist.
"""

import re
import shutil

import pytest

from tests.e2e.conftest import Office
from tests.handbook.pages import ROOT, Block, Page, pages
from tests.handbook.reader import READ_ONLY, Reader
from tests.handbook.typed import mentioned

HISTORY = "CHANGELOG.md"
"""It tells of commands as they were."""
ELSEWHERE = "docs/bookkeeper/walk-through.md"
"""It has a test of its own."""

WITH_BLOCKS = [
    p for p in pages() if any(b.kind not in READ_ONLY for b in p.blocks) and p.name not in (HISTORY, ELSEWHERE)
]


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda p: p.name)
def test_every_block_of_a_page_does_what_it_says(page: Page, reader: Reader, practised: Office) -> None:
    begins = any(b.title == "config.yaml" and not b.added for b in page.blocks)  # then its reader starts with nothing
    if not begins:
        shutil.copytree(practised.folder, reader.folder, dirs_exist_ok=True)
    reader.follow(page)


@pytest.mark.parametrize("page", [p for p in pages() if p.name != HISTORY], ids=lambda p: p.name)
def test_commands_in_sentences_exist(page: Page) -> None:
    for code in page.code:
        if code.startswith("duecourse "):
            try:
                mentioned(code)
            except AssertionError as error:
                raise AssertionError(f"{page.name}: {error}") from None
    indented = [b for b in page.indented if re.search(r"^\s*duecourse ", b, re.MULTILINE)]
    assert not indented, f"{page.name}: write commands in console or sh blocks"


WRONG = [
    ("yaml", "poilcy: considerate\n", "poilcy"),
    ("yaml", "policy: no-such-policy\n", "no-such-policy"),
    ("yaml", "steps:\n  - {name: nudge, when: 3 days after the flood}\n", "flood"),
    ("yaml", "# organisations/other.yaml\npays: last friday\n", "pays"),
    ("console", "$ duecourse prevew\n", "prevew"),
    ("console", "$ duecourse status\nall is lost\n", "all is lost"),
    ("console", "$ duecourse explain 'Nobody Ltd'\n", "Nobody Ltd"),
    ("sh", "duecourse run --jsn\n", "jsn"),
    ("sh", "make tea\n", "tea"),
    ("sh", "rm -rf /\n", "rm -rf"),
    ("shell", "duecourse run\n", "what is shell"),
]


@pytest.mark.parametrize(("kind", "text", "said"), WRONG)
def test_a_wrong_block_is_found(kind: str, text: str, said: str, reader: Reader, practised: Office) -> None:
    shutil.copytree(practised.folder, reader.folder, dirs_exist_ok=True)
    with pytest.raises(AssertionError, match=re.escape(said)):
        reader.follow(Page("a page", (Block("a page", 1, kind, text),), (), (), (), ()))


def test_options_in_sentences_exist() -> None:
    """Words such as `reconciled:` name an option of the config or of a policy, or an organisation of an example."""
    reference = "".join(
        (ROOT / name).read_text("utf-8")
        for name in ("config.example.yaml", "docs/reference/configuration.md", "docs/reference/policy.md")
    )
    for page in pages():
        for word in page.code:
            if page.name.startswith("docs/") and re.fullmatch(r"[a-z][a-z -]+:", word):
                known = word in reference or f"`{word[:-1]}`" in reference or word[:-1] in {"harbour", "mybooks"}
                assert known, f"{page.name}: there is no option `{word}`"
