"""The page in a real browser: readable by everybody, without scripts, without a network, whatever the data says."""

import os
import re
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.company import Company
from connectors.sandbox.limits import Limits
from connectors.sandbox.server import serve
from tests.browser import Visit
from tests.core.build import books, client, client_settings, considerate, day, invoice, settings
from tests.e2e.conftest import NOW, Office
from tests.report.paged import files_of, source_of
from worker.core.history import History, Reply, ReplyKind
from worker.core.settings import Hold
from worker.report.page.source import Paper
from worker.report.page.write import write

SHOTS = os.environ.get("DUECOURSE_SHOTS", "")
"""A folder in which to keep the screenshots; otherwise they go with the test."""
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def site(story: Company, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of one preview of the simulated company, compared with another policy."""
    folder = tmp_path_factory.mktemp("page")
    with serve(copy(story), now=NOW, limits=Limits(minute=None)) as running:
        office = Office(folder, running, pages=True)
        office.write()
        answer = office("preview", "--against", "gentle", "--days", "10")
    assert f"page: {folder / 'state' / 'page' / 'index.html'}" in answer.out
    return folder / "state" / "page"


@pytest.fixture
def visit(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A visitor, however the test wants one; whatever it opened asked for nothing and complained of nothing."""
    made = Visit(browser, **getattr(request, "param", {}))
    yield made
    made.close()
    assert made.asked == []
    assert made.said == []


def one_written_to(site: Path) -> Path:
    """The page of a client whose message is on it."""
    return next(p for p in sorted((site / "clients").iterdir()) if "<iframe" in p.read_text("utf-8"))


def looked_at(site: Path) -> list[Path]:
    return [site / "index.html", site / "clients.html", site / "changes.html", one_written_to(site)]


@pytest.mark.parametrize(
    ("name", "visit"),
    [
        ("phone", PHONE),
        pytest.param("desktop", {}, marks=pytest.mark.matrix),
        pytest.param("dark", {"color_scheme": "dark"}, marks=pytest.mark.matrix),
        pytest.param("print", {}, marks=pytest.mark.matrix),
    ],
    indirect=["visit"],
)
def test_screenshots(site: Path, visit: Visit, name: str, tmp_path: Path) -> None:
    kept = Path(SHOTS or tmp_path)
    for path in looked_at(site):
        page = visit.open(path)
        if name == "print":
            page.emulate_media(media="print")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= page.viewport_size["width"], f"{path.name} is wider than the {name}"
        shot = kept / f"{path.stem}-{name}.png"
        page.screenshot(path=str(shot), full_page=True)
        assert shot.stat().st_size > 15_000


CONTRAST = {"type": "rule", "values": ["color-contrast"]}


@pytest.mark.parametrize(
    ("rules", "visit", "pages"),
    [
        (RULES, {}, slice(0, None, 3)),
        (CONTRAST, {"color_scheme": "dark"}, slice(3, 4)),
        pytest.param(RULES, {}, slice(0, 4), marks=pytest.mark.matrix),
        pytest.param(RULES, {"color_scheme": "dark"}, slice(0, 4), marks=pytest.mark.matrix),
    ],
    indirect=["visit"],
    ids=["light", "dark", "light, all", "dark, all"],
)
def test_no_rule_of_accessibility_is_broken(site: Path, visit: Visit, rules: dict[str, Any], pages: slice) -> None:
    """In every run overview and client by day and the client's colours by night; else everything. All details open."""
    from axe_playwright_python.sync_playwright import Axe

    for path in looked_at(site)[pages]:
        page = visit.open(path)
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        found = Axe().run(page, options={"runOnly": rules})
        assert found.violations_count == 0, f"{path.name}: {found.generate_report()}"


@pytest.mark.parametrize("visit", [{"java_script_enabled": False}], indirect=True, ids=["no scripts"])
def test_everything_can_be_read_without_scripts(site: Path, visit: Visit) -> None:
    page = visit.open(site / "index.html")
    assert "Money nobody is chasing" in page.locator("h1").inner_text()
    assert "agrees to the cent" in page.locator("#piles").inner_text()
    today = page.locator("#today tbody tr").count()
    assert today > 0
    page = visit.open(site / "clients.html")
    assert page.locator("#clients tbody tr").count() >= 12
    assert not page.locator("#find").is_visible()
    page = visit.open(one_written_to(site))
    frame = page.frame_locator("iframe").first
    assert "Kind regards" in frame.locator("body").inner_text()
    page.get_by_text("The same as plain text").click()
    assert "Kind regards" in page.locator(".letter pre").inner_text()


def test_who_why_when_and_what_in_a_minute(site: Path, visit: Visit) -> None:
    """From the overview alone: who hears today, why one does not, when it will pay, what nobody is chasing."""
    page = visit.open(site / "index.html")
    assert re.search(r"[A-Z]{3} [\d,]+\.\d\d", page.locator("h1").inner_text())
    assert page.get_by_role("heading", name="Who hears from us today").is_visible()
    page.get_by_role("link", name="Clients", exact=True).click()
    box = page.get_by_label("Find a client, a reason, a step")
    page.get_by_label("Where it stands").select_option("held")
    shown = page.locator("#clients tbody tr:not([hidden])")
    held = shown.count()
    assert 1 <= held < page.locator("#clients tbody tr").count()
    box.fill(shown.first.locator("a").inner_text())
    page.locator("#told", has_text="1 of ").wait_for()
    assert shown.count() == 1
    name = shown.first.locator("a").inner_text()
    shown.first.locator("a").click()
    assert page.locator("h1").inner_text() == name
    assert page.get_by_text("next money expected").is_visible()
    assert page.locator(".lead").first.inner_text().strip()


def test_by_keyboard_alone(site: Path, visit: Visit) -> None:
    page = visit.open(site / "index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    seen = set()
    for _ in range(14):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.textContent.trim().slice(0, 20)"))
    assert len(seen) >= 8
    page.goto((site / "clients.html").as_uri())
    page.locator("#find").focus()
    page.keyboard.type("zzz nobody")
    page.locator("#told", has_text="0 of ").wait_for()


MARKUP = "<script>alert(1)</script><img src=http://evil.example.com/x.png onerror=alert(2)>\"'></iframe></style>"
BIDI = "\u202eelif\u202c \u2066ecnavda\u2069 \u200b\u0000\x1b[31m"
LONG = "x" * 1_000_000


def hostile_site(folder: Path) -> Path:
    """Books whose every text wants out, and a message that says what no wording of ours would."""
    name = f"{{{{ 7*7 }}}}{{% raw %}}{MARKUP} {BIDI}"
    chosen = settings(
        client_settings("acme", considerate()),
        client_settings("holt", considerate()),
        holds=(Hold("holt", MARKUP + LONG, place=f"{MARKUP}:7"),),
        display_name=f"{MARKUP} Ltd",
    )
    snapshot = books(
        replace(invoice("A1", "2026-02-20", "120.00"), number=MARKUP + LONG, work=MARKUP),
        invoice("H1", "2026-02-01", "1000.00", client_id="holt"),
        clients=(client("acme", name=name), client("holt", name=name + LONG)),
        read="2026-03-10",
    )
    answer = Reply("r1", "holt", ReplyKind.ANSWER, day("2026-03-09"), MARKUP, MARKUP, MARKUP + LONG)
    bad = f"<script>top.document.title='out';alert(3)</script>{MARKUP}<a target=_top href=http://evil.example.com>x</a>"
    paper = Paper(MARKUP, MARKUP + "\n" + BIDI, f"<html><body>{bad}</body></html>", MARKUP, (MARKUP,))
    source = source_of(
        snapshot, chosen, History(replies=(answer,)), day("2026-03-10"), forecast=True, worded=lambda _: paper
    )
    write(folder, files_of(source).items())
    return folder


def test_hostile_data_stays_text(visit: Visit, tmp_path: Path) -> None:
    site = hostile_site(tmp_path / "site")
    for path in [site / "index.html", site / "clients.html", *sorted((site / "clients").iterdir())]:
        assert path.stat().st_size < 200_000, "a megabyte of notes is shortened"
        page = visit.open(path)
        scripts = page.evaluate("document.querySelectorAll('script').length")
        assert scripts == (path.name == "clients.html")
        assert page.evaluate("document.querySelectorAll('main img, main style, main base, main form').length") == 0
        assert page.title() != "out" and "alert(1)" in page.locator("body").inner_text()
        assert "{{ 7*7 }}" in page.content() and ">49<" not in page.content()
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x1b]", page.locator("body").inner_text())
        for frame in page.locator("iframe").all():
            assert frame.get_attribute("sandbox") == ""
            page.wait_for_timeout(50)
    visit.said[:] = [s for s in visit.said if "sandbox" not in s and "Content Security Policy" not in s]
    assert page.evaluate("window.frames.length") <= 1
