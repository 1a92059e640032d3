"""Every link of the handbook leads somewhere, in the site as in the repository, and no page is lost."""

import posixpath
import re

import pytest
import yaml

from tests.handbook.pages import ROOT, Page, anchors, pages

INSIDE = {p.name: p for p in pages()}


@pytest.mark.parametrize("page", pages(), ids=lambda p: p.name)
def test_links_and_anchors_resolve(page: Page) -> None:
    for link in page.links:
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page.name), path)) if path else page.name
        assert (ROOT / target).is_file(), f"{page.name}: {link} leads to no file"
        if anchor:
            there = INSIDE[target]
            assert anchor in anchors(there, site=True) & anchors(there, site=False), f"{page.name}: {link}"


def test_every_page_of_the_handbook_is_in_the_navigation() -> None:
    listed: set[str] = set()

    def walk(node: object) -> None:
        if isinstance(node, str):
            listed.add(f"docs/{node}")
        elif isinstance(node, dict | list):
            for inner in node.values() if isinstance(node, dict) else node:
                walk(inner)

    walk(yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"])
    written = {p.name for p in pages() if p.name.startswith("docs/") and not p.name.startswith("docs/decisions/2")}
    assert written == listed


def test_a_link_that_leads_nowhere_is_found() -> None:
    broken = Page("docs/index.md", (), (), ("bookkeeper/holds.md#no-such-heading",), (), ())
    with pytest.raises(AssertionError, match="no-such-heading"):
        test_links_and_anchors_resolve(broken)


@pytest.mark.parametrize("page", [p for p in pages() if p.name.startswith("docs/house/")], ids=lambda p: p.name)
def test_the_files_a_recipe_names_are_there(page: Page) -> None:
    named = {c for c in page.code if re.fullmatch(r"[\w./-]+/[\w./-]*", c) and not re.search(r"NAME|CODE", c)}
    assert not {c for c in named if not (ROOT / c).exists()}
