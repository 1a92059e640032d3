"""The hostile corpus: every awkward value in every place data can stand, in every message and language.

Each render is exact and safe, or refused with a reason: figures are the model's, the page has the same elements as with
harmless data, no control or reordering characters, headers of one line, links only to https.
"""

import dataclasses
import html
import itertools
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from tests.mail.letters import NOW, letter
from tests.wording.reading import SHIPPED, WORDING, shape
from worker.core.message import InvoiceLine, MessageModel, ReceivedLine, Rendered
from worker.core.money import Money
from worker.core.plain import one_line
from worker.mail.mime import prepared
from worker.wording.examples import CASES, example
from worker.wording.figures import Figures, locale_of
from worker.wording.files import Folders

FOLDERS = Folders([SHIPPED])
LANGUAGES = FOLDERS.languages()
NAMES = FOLDERS.names("en")
STAGES = {name: FOLDERS.find("en", name).matter["stage"] for name in NAMES}  # type: ignore[union-attr]

WORDS = (
    *("{{7*7}}", "{{ ''.__class__.__mro__[1].__subclasses__() }}", "{% include '/etc/passwd' %}", "{#", "${7*7}"),
    *("{{ payer }}", "{% raw %}", "{%- endif %}", "Qz0zQ", "#{7*7}", "<%= 7*7 %>", "%s %(x)s {0}", "\\{{"),
    *("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</td></tr></table>", "&lt;b&gt;"),
    *("<!--", "]]>"),
    *("javascript:alert(1)", "data:text/html;base64,PHA+", "<a href='http://x.example'>"),
    *("<svg/onload=x>", "' OR 1=1--"),
    *("**bold** _it_ `code`", "[pay](https://evil.example)", "![x](https://evil.example/p.png)"),
    *("# heading", "- item"),
    *("1. one", "> quote", "a | b | c", "---", "\\", "<https://evil.example>", "~~no~~", "&nbsp;&#60;", "* * *"),
    *("=HYPERLINK(1)", "+1+1", "@SUM(A1)", "-2+3", "\t=1", "a,b;c", '"quoted"', "O'Neill", "“quoted”", "« cité »"),
    *("Fern\r\nBcc: x@evil.example", "Fern\nSubject: free", "Fern\x00\x07", "Fern\u2028X"),
    *("Fern\x85X", "\x1b[31mred"),
    *("Fern\u202egnp.exe", "\u2066left\u2069", "F\u200be\u200brn", "\ufeffFern"),
    *("e\u0301" * 30, "a\ud800b", "\U000e0041x"),
    *("שלום עולם", "مرحبا", "株式会社 尾村", "👩\u200d👩\u200d👧 & Co", "ﷺ" * 20, "Ω≈ç√", "İstanbul ıI", "ß ẞ ŉ ǆ"),
    *("x" * 320, "word " * 60, "=?utf-8?q?=0ABcc:x?=", "a@x.example;b@y.example"),
    *("group: a@x.example;", '"A, B" <a@x.example>'),
    *("None", "null", "NaN", "0", "-0", "1e400", "undefined", "True", "", " ", "\u00a0", "."),
)  # fmt: skip
URLS = (
    *("javascript:alert(1)", "JAVASCRIPT:alert(1)", "http://pay.example.com/1", "//evil.example"),
    *("https://", "https:/x"),
    *("https://user:pw@evil.example/", "https://pay.example.com@evil.example/", "ftp://x.example"),
    *("https://x y.example"),
    *("https://x.example/\r\nX: y", 'https://x.example/"onload=', "https://\u202ex.example"),
    *("data:text/html,x", "mailto:a@b.c"),
    *("https://pay.example.com/i?a=1&b=<2>", "https://pay.example.com/ok", "https://xn--pple-43d.example/"),
    *("https://[::1/"),
)  # fmt: skip
AMOUNTS = (
    *("0.01", "1", "1.1", "1.005", "1234.5", "999999999999.99", "0.5", "100.000", "1E+3", "7.10", "1234567.891"),
    *("0.000001", "12345678901234567890.12", "-5", "0"),
)
CODES = ("GBP", "EUR", "USD", "JPY", "KWD", "CLF", "XXX", "XAU", "CHF", "ZZZ", "MXN", "AUD")
DAYS = (
    date(1, 1, 1),
    date(1900, 2, 28),
    date(2024, 2, 29),
    date(2026, 3, 1),
    date(2026, 12, 31),
    date(9999, 12, 31),
    None,
)
PLACES = ("payer", "greeting", "organisation", "number", "reference", "work", "client_name", "ways_to_pay", "name",
          "phone", "title", "terms_text", "why_it_matters", "next_action")  # fmt: skip
GROUPS = ("coming", "overdue", "demanded", "also_open", "not_included", "paid_lines")
_ODD = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_HREF = re.compile(r'href="([^"]*)"')

Cell = tuple[str, str, str, str, object]
"""(template, language, case, place, value)"""


def cells() -> list[Cell]:
    """Every value in every place for one message and language, in turns, so that each template meets each place."""
    turn = itertools.cycle((name, code, case) for case in CASES for name in NAMES for code in LANGUAGES)
    found: list[Cell] = []
    pairs: Iterator[tuple[str, object]] = itertools.chain(
        itertools.product(PLACES, WORDS),
        itertools.product(("url",), URLS),
        itertools.product(("money",), itertools.product(AMOUNTS, CODES)),
        itertools.product(("day",), DAYS),
    )
    for place, value in pairs:
        for _ in range(4 if place in PLACES else 8):
            found.append((*next(turn), place, value))
    return found


ALL = cells()


def filled(model: MessageModel, place: str, value: object) -> MessageModel:
    """The model with this value wherever such data stands."""
    if place in ("name", "phone", "title"):
        return dataclasses.replace(model, signature=dataclasses.replace(model.signature, **{place: value}))
    if place == "ways_to_pay":
        return dataclasses.replace(model, ways_to_pay=(value,))
    if place == "money":
        return _with_money(model, value)
    if place == "day":
        day = {name: value for name in ("deadline", "received_on", "collected_on") if getattr(model, name)}
        return _lines(dataclasses.replace(model, **day), due=value, issued=value)
    if place in ("number", "reference", "work", "client_name", "url"):
        return _lines(model, **{place: value})
    return dataclasses.replace(model, **{place: value})


def _lines(model: MessageModel, **changes: object) -> MessageModel:
    def changed(line: InvoiceLine | ReceivedLine) -> InvoiceLine | ReceivedLine:
        return dataclasses.replace(line, **{k: v for k, v in changes.items() if hasattr(line, k)})

    return dataclasses.replace(model, **{g: tuple(map(changed, getattr(model, g))) for g in GROUPS})


def _with_money(model: MessageModel, value: object) -> MessageModel:
    amount, code = value  # type: ignore[misc]
    money = Money(Decimal(amount), code)
    changed = _lines(model, open=money, total=money, paid=money)
    sums = {name: (money,) for name in ("gross", "net", "received") if getattr(model, name)}
    plan = tuple((day, money) for day, _ in model.instalments[:1])
    return dataclasses.replace(changed, **sums, instalments=plan, credit=())


def render(cell: Cell) -> tuple[MessageModel, Rendered | None, str]:
    """The model and what became of it; the reason when it was refused."""
    name, language, case, place, value = cell
    try:
        model = filled(example(name, STAGES[name], language, case), place, value)
        return model, WORDING.render(model), ""
    except ValueError as error:
        return example(name, STAGES[name], language, case), None, str(error)


def hold(cell: Cell) -> bool:
    """Assert that the render is exact and safe; false when it was held with a reason."""
    name, language, case, place, value = cell
    model, rendered, reason = render(cell)
    if rendered is None:
        expected = (
            "a subject of" if place == "organisation" else "needs" if place in ("next_action", "day") else "an amount"
        )
        assert expected in reason or "currency" in reason or "do not add up" in reason, (cell, reason)
        return False
    calm_value = "benign" if isinstance(value, str) and one_line(value) else "" if isinstance(value, str) else value
    if place == "url":
        calm_value = "https://pay.example.com/ok" if f'href="{html.escape(str(value))}"' in rendered.html else ""
    if isinstance(value, str):
        calm = WORDING.render(filled(example(name, STAGES[name], language, case), place, calm_value))
        assert _bare(rendered) == _bare(calm), cell
    for part in (rendered.subject, rendered.text, rendered.html):
        assert not _ODD.search(part), (cell, _ODD.search(part))
    assert len(rendered.subject.splitlines()) == 1
    for address in _HREF.findall(rendered.html):
        assert re.match(r"https://(pay\.|xn--pple-43d\.)example(\.com)?/[\w/?=&;.]*\Z", address), (cell, address)
    _exact(cell, model, rendered)
    prepared(letter(subject=rendered.subject, text=rendered.text, html=rendered.html), NOW)
    return True


def _bare(rendered: Rendered) -> list[tuple[str, tuple[str, ...]]]:
    """Elements and the names of their attributes; the addresses of links are looked at one by one."""
    return [(tag, tuple(name for name, _ in attributes)) for tag, attributes in shape(rendered.html)]


def _exact(cell: Cell, model: MessageModel, rendered: Rendered) -> None:
    name, language, _, place, value = cell
    figures = Figures(locale_of(language, model.country))
    if place == "money":
        shown = model.received if STAGES[name] == "thanks" else model.net
        assert all(figures.money(each) in rendered.text for each in shown), cell
        digits = re.sub(r"\D", "", figures.money(shown[0])).strip("0")
        assert digits == re.sub(r"\D", "", f"{shown[0].amount:f}").strip("0"), cell
    if place == "day" and isinstance(value, date) and model.deadline and name in ("final-notice", "offer-plan"):
        assert figures.day(value) in rendered.text, cell
    if place in ("organisation", "name") and isinstance(value, str):
        assert one_line(value) in rendered.text, cell
    if place in ("number", "reference") and isinstance(value, str) and STAGES[name] != "thanks":
        assert one_line(value) in rendered.text, cell


def test_a_share_of_the_corpus_is_exact_and_safe_or_held() -> None:
    share = ALL[:: len(ALL) // 300]
    sent = sum(hold(cell) for cell in share)
    assert len(share) >= 300
    assert 0.8 * len(share) < sent, "most awkward data is no reason to stay silent"


@pytest.mark.matrix
def test_the_whole_corpus_is_exact_and_safe_or_held() -> None:
    results = [hold(cell) for cell in ALL]
    assert len(results) >= 5000
    assert 0.8 * len(results) < sum(results)


def test_the_corpus_covers_every_message_language_and_place() -> None:
    assert {cell[:2] for cell in ALL} == set(itertools.product(NAMES, LANGUAGES))
    assert {cell[3] for cell in ALL} == {*PLACES, "url", "money", "day"}
    assert {(cell[0], cell[3]) for cell in ALL} >= set(itertools.product(NAMES, ("payer", "number", "money", "url")))
