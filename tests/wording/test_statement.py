"""The statement of account: exact to the cent, in every language, read back from the PDF; and how it is attached."""

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from tests.core import build
from tests.mail.letters import NOW, letter
from tests.wording.reading import WORDING
from worker.core.account import statement_of
from worker.core.account_values import Statement, StatementLine, StatementPart
from worker.core.context import Context
from worker.core.decide import decide
from worker.core.decisions import Remind
from worker.core.history import History
from worker.core.message import MessageModel
from worker.core.money import Money
from worker.mail.mime import prepared
from worker.wording.examples import example
from worker.wording.figures import Figures, locale_of

LANGUAGES = ("de", "en", "es", "fr", "nl")


def gbp(amount: str) -> Money:
    return Money(Decimal(amount), "GBP")


LINE = StatementLine(
    number="INV-1632",
    reference="PO 4471",
    client_name="Fenwick",
    issued=date(2026, 2, 1),
    due=date(2026, 3, 1),
    total=gbp("1200.50"),
    paid=((date(2026, 3, 4), gbp("700")),),
    credited=gbp("100.5"),
    open=gbp("400"),
)
PART = StatementPart("GBP", (LINE,), (("CN-7", date(2026, 3, 2), gbp("25.05")),), gbp("400"), gbp("374.95"))
STATEMENT = Statement(date(2026, 3, 16), (PART,))


def model(language: str = "en", statement: Statement = STATEMENT, **more: object) -> MessageModel:
    return replace(example("nudge", "after due", language, "plain"), statement=statement, **more)


def text_of(content: bytes) -> str:
    pages = PdfReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def spaced(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_reads_back_from_the_pdf(language: str) -> None:
    (attached,) = WORDING.attachments(model(language))
    figures = Figures(locale_of(language, example("nudge", "after due", language, "plain").country))
    text = text_of(attached.content)
    assert attached.filename == "statement-2026-03-16.pdf"
    for money in (LINE.total, LINE.open, LINE.credited, LINE.paid[0][1], PART.balance, -PART.credits[0][2]):
        assert spaced(figures.money(money)) in text
    for each in (date(2026, 2, 1), date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 4)):
        assert spaced(figures.short_day(each)) in text
    assert spaced(figures.day(STATEMENT.on)) in text
    for words in ("INV-1632", "PO 4471", "CN-7", "Fenwick Hall Estates", "Harbour Studio"):
        assert words in text
    prepared(letter(attachments=(attached,)), NOW)


def test_currencies_stand_apart_and_clients_are_named_when_there_are_several() -> None:
    yen = Money(Decimal(1200), "JPY")
    other = replace(LINE, number="J-1", client_name="Fenwick Farms", total=yen, paid=(), credited=yen - yen, open=yen)
    parts = (replace(PART, lines=(LINE, replace(LINE, number="INV-9", client_name="Farms"))),
             StatementPart("JPY", (other,), (), yen, yen))  # fmt: skip
    text = text_of(WORDING.attachments(model(statement=Statement(date(2026, 3, 16), parts)))[0].content)
    assert text.count("Balance") == 2
    assert text.count("JP¥1,200") == 4
    assert "Farms" in text


def test_a_long_account_goes_over_pages() -> None:
    lines = tuple(replace(LINE, number=f"INV-{n}") for n in range(120))
    content = WORDING.attachments(model(statement=Statement(STATEMENT.on, (replace(PART, lines=lines),))))[0].content
    assert len(PdfReader(io.BytesIO(content)).pages) > 2
    assert all(f"INV-{n}" in text_of(content) for n in (0, 60, 119))


@pytest.mark.parametrize("payer", ["株式会社 尾村", "שלום", "مرحبا"])
def test_a_name_the_font_cannot_write_holds_the_message(payer: str) -> None:
    with pytest.raises(ValueError, match="the statement of account cannot write"):
        WORDING.attachments(model(payer=payer))


@pytest.mark.parametrize(
    "payer", ["Ōmura Šťastný Łódź", "Жар-птица", "Ελλάδα", "<b>&{{7*7}}</b>", "**x**", "a\u202eb\r\nc"]
)
def test_other_names_are_written_as_they_are(payer: str) -> None:
    clean = "a b c" if "\r" in payer else payer
    assert clean.replace("a b", "ab") in text_of(WORDING.attachments(model(payer=payer))[0].content)


def test_no_statement_is_attached_unless_it_is_asked_for() -> None:
    assert WORDING.attachments(example("nudge", "after due", "en", "plain")) == ()
    assert "attached" not in WORDING.render(example("nudge", "after due", "en", "plain")).text
    assert "A statement of your account is attached." in WORDING.render(model()).text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=6))
def test_a_statement_adds_up_to_the_cent(rows: list[tuple[int, int, int]]) -> None:
    invoices, payments = [], []
    for n, (cents, share, credited) in enumerate(rows):
        total = Decimal(cents).scaleb(-2)
        came = (total * share / 200).quantize(Decimal("0.01"))
        less = (total * credited / 400).quantize(Decimal("0.01"))
        item = build.invoice(f"A{n}", amount=str(total), open=total - came - less, currency=("GBP", "EUR")[n % 2])
        invoices.append(item)
        if came:
            payments.append(build.payment(f"p{n}", item, "2026-03-05", str(came)))
    credit = build.credit("c1", "12.34")
    world = build.books(*invoices, credits=(credit,), payments=tuple(payments))
    ctx = Context(world, build.settings(build.client_settings()), History(), build.as_of("2026-03-16"))
    found = statement_of(ctx, "acme")
    assert sorted(line.number for part in found.parts for line in part.lines) == sorted(
        i.number for i in invoices if i.is_open
    )
    for part in found.parts:
        for line in part.lines:
            paid = sum((money.amount for _, money in line.paid), Decimal(0))
            assert line.total.amount - paid - line.credited.amount == line.open.amount
        assert part.open.amount == sum((line.open.amount for line in part.lines), Decimal(0))
        less = sum((money.amount for _, _, money in part.credits), Decimal(0))
        assert part.balance.amount == part.open.amount - less
        assert less == (Decimal("12.34") if part.currency == credit.currency else 0)


@pytest.mark.parametrize(("organisation", "step", "expected"), [(False, False, 0), (True, False, 1), (False, True, 1)])
def test_an_organisation_or_a_step_asks_for_it(organisation: bool, step: bool, expected: int) -> None:
    policy = build.ladder("3 days after due")
    policy = replace(policy, steps=tuple(replace(s, attach_statement=step) for s in policy.steps))
    world = build.books(build.invoice("A1", "2026-03-02"))
    said = build.settings(build.client_settings(policy=policy), attach_statement=organisation)
    plan = decide(world, said, History(), build.as_of("2026-03-16"))
    (remind,) = [d for d in plan.decisions if isinstance(d, Remind)]
    assert (remind.model.statement is not None) == bool(expected)
