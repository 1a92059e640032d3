"""What each message must and must not say, for every model its strategy can make."""

import dataclasses
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.strategies_message import CHASING, TEMPLATES, models
from tests.wording.reading import WORDING, data_of, figures_of, without, words_of
from worker.core.message import MessageModel, Rendered
from worker.wording.figures import Figures, locale_of

MANY = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])

MUST = {
    "heads-up": [
        "note ahead of time",
        "coming up",
        "approved",
        "anything is missing",
        "PO number",
        "copy",
        "supplier form",
    ],
    "nudge": ["crossed", "When will (it|they) be paid\\?", "due"],
    "missed-run": [
        "We had understood",
        "your payment run of",
        "Did something hold (it|them) up\\?",
        "approved for your",
    ],
    "ask": ["Is anything in the way\\?", "query", "missing PO number", "wrong person", "What would help\\?"],
    "firm": [
        "now late",
        "Days late",
        "[Pp]lease pay",
        "tell us (by then )?on which day",
        "If you have a query",
        "stops these messages",
    ],
    "offer-plan": [
        "hard at the moment, tell us",
        "instalments",
        "no fee",
        "To accept, reply by",
        "Nothing changes until we confirm",
    ],
    "final-notice": [
        *("final notice", "Please pay", "or reply to us, by", "What happens next:", "If you dispute any of it"),
        *("as an individual", "debt advice"),
    ],
    "welcome": ["Did (it|they) reach", "PO number", "address", "which day you usually pay", "by when"],
    "statement": ["statement of your account", "your own records", "put it right"],
    "instalment": [
        *("plan with us", "Instalment \\d of \\d", "was planned for", "complete|remains, on the days we agreed"),
        "find another one together",
    ],
    "collection-failed": ["was to be collected by direct debit on", "did not reach us", "put it right"],
    "thank-you": ["Thank you", "reached us on", "work(ing)? (we do together|with you)"],
    "thank-you-part": ["Thank you", "reached us on", "towards", "remains", "Was the difference intended\\?"],
}
MUST_NOT = {
    "heads-up": [
        r"overdue",
        r"\bremind",
        r"outstanding",
        r"\bconsequence",
        r"\bcharge",
        r"interest",
        r"\bchas(e|ing)\b",
    ],
    "nudge": [r"failed to", r"\bremind", r"(second|third|\d+(st|nd|rd|th)) (message|time)", r"again"],
    "missed-run": [r"failed", r"\bmissed", r"\bfault", r"should have", r"\bwhy\b"],
    "ask": [r"\bmust\b", r"\bimmediately", r"at once", r"failed", r"\bdemand"],
    "firm": [r"court", r"solicitor", r"\blegal", r"\bfee", r"interest", r"\bagency", r"consequence", r"failed to"],
    "offer-plan": [r"you (cannot|can't|are unable)", r"struggl", r"\bcredit (score|file|rating)", r"\bloan", r"\bdebt"],
    "final-notice": [r"court", r"bailiff", r"credit file", r"interest", r"\bfee\b"],
    "welcome": [r"\blate\b", r"overdue", r"\bremind", r"outstanding", r"consequence"],
    "statement": [r"\bremind", r"overdue", r"outstanding", r"\bmust\b", r"failed", r"please pay", r"tell us on which"],
    "instalment": [r"\bmust\b", r"failed", r"overdue", r"broken", r"cancel", r"\bfinal"],
    "collection-failed": [r"overdue", r"failed", r"\blate\b", r"\bmust\b"],
    "thank-you": [
        r"finally",
        r"at last",
        r"\?",
        r"\bplease\b",
        r"to pay\b",
        r"\bowe",
        r"overdue",
        r"offer",
        r"already on its way",
    ],
    "thank-you-part": [r"settled", r"in full", r"finally", r"at last", r"overdue", r"already on its way"],
}
NEVER = [
    *(r"per my last", r"friendly reminder", r"!", r"urgent", r"\bre:", r"[\U0001f300-\U0001faff]", r"reminder"),
    *(r"disappoint", r"cash ?flow", r"small business", r"new bank", r"bank details", r"\bNone\b", r"\bDear\b"),
]
LAW = r"court|solicitor|legal|statut|bailiff|\bact\b|interest|compensation"


def own_words(model: MessageModel, rendered: Rendered) -> str:
    """What the template itself says: the text with all data taken out."""
    return without(rendered.text, figures_of(model) | data_of(model))


@pytest.mark.parametrize("template", TEMPLATES)
class TestEveryTemplate:
    @MANY
    @given(data=st.data())
    def test_says_what_it_must_and_never_what_it_must_not(self, template: str, data: st.DataObject) -> None:
        model = data.draw(models(template))
        rendered = WORDING.render(model)
        for words in MUST[template]:
            assert re.search(words, rendered.text), words
            assert re.search(words, re.sub(r"\s+", " ", words_of(rendered.html))), words
        own = own_words(model, rendered)
        for words in (*MUST_NOT[template], *NEVER):
            assert not re.search(words, own, re.IGNORECASE), words
        if template != "final-notice":
            assert not re.search(LAW, own, re.IGNORECASE)
        if template not in ("firm", "final-notice"):
            assert "late:" not in own.lower()
            assert "Days late" not in own

    @MANY
    @given(data=st.data())
    def test_every_figure_is_a_value_of_the_model(self, template: str, data: st.DataObject) -> None:
        model = data.draw(models(template))
        rendered = WORDING.render(model)
        counts = {str(len(model.instalments))} if template == "offer-plan" else set()
        counts |= {str(model.instalment.number), str(model.instalment.count)} if model.instalment else set()
        if template in ("firm", "final-notice"):
            counts |= {str(line.days_late) for line in (*model.demanded, *model.overdue)}
        known = figures_of(model) | data_of(model)
        for text in (rendered.text, words_of(rendered.html)):
            left = set(re.findall(r"\d+", without(text, known)))
            assert left <= counts, left

    @MANY
    @given(data=st.data())
    def test_carries_what_every_message_carries(self, template: str, data: st.DataObject) -> None:
        model = data.draw(models(template))
        text = WORDING.render(model).text
        figures = Figures(locale_of("en", model.country))
        assert text.startswith(f"Hello {model.greeting or 'Accounts team at ' + model.payer},\n")
        assert model.organisation in text
        assert model.signature.name in text
        assert model.signature.phone in text
        assert "A reply to this message reaches" in text
        chasing = template in CHASING
        assert ("If it is already on its way, thank you, please ignore this." in text) == chasing
        shown = (*model.coming, *model.overdue, *model.demanded, *model.also_open)
        for line in shown:
            wanted = [line.number, line.reference, line.work, line.url, figures.money(line.open)]
            wanted += [figures.short_day(day) for day in (line.issued, line.due) if day]
            wanted += [f"of {figures.money(line.total)}"] if line.part_paid else []
            assert [each for each in wanted if each not in text] == []
        for line in model.not_included:
            assert line.number in text
        for money in (*model.net, *(m for m in model.credit if m.amount)):
            assert figures.money(money) in text
        if chasing:
            assert all(way in text for way in model.ways_to_pay)
            assert "the account shown on our invoices; we never change it by e-mail" in text

    @MANY
    @given(data=st.data())
    def test_one_subject_a_conversation(self, template: str, data: st.DataObject) -> None:
        model = data.draw(models(template))
        opening = "Invoices" if template in CHASING else "Thank you"
        assert WORDING.render(model).subject == f"{opening} from {model.organisation}"

    @MANY
    @given(data=st.data())
    def test_singular_and_plural(self, template: str, data: st.DataObject) -> None:
        model = data.draw(models(template))
        own = own_words(model, WORDING.render(model))
        lines = model.demanded or model.overdue or model.coming or model.paid_lines
        main = model.coming if template in ("heads-up", "welcome") else lines
        one, many = len(main) == 1, len(main) > 1
        if template in ("firm", "offer-plan", "final-notice", "thank-you"):
            assert ("this invoice" in own.lower()) == one
            assert ("these invoices" in own.lower()) == many

    @MANY
    @given(data=st.data())
    def test_html_and_text_say_the_same(self, template: str, data: st.DataObject) -> None:
        model = data.draw(models(template))
        rendered = WORDING.render(model)
        view = "View or pay this invoice"
        html_words = "".join(words_of(rendered.html).replace(view, " ").split())
        urls = {line.url for line in (*model.coming, *model.overdue, *model.demanded, *model.also_open) if line.url}
        text_words = "".join(without(rendered.text, urls).replace("\n- ", "\n").split())
        assert html_words == text_words
        assert "src=" not in rendered.html
        assert "<script" not in rendered.html
        assert all(f'href="{url}"' in rendered.html for url in urls)


@MANY
@given(models("nudge"))
def test_a_nudge_asks_one_question_only(model: MessageModel) -> None:
    assert own_words(model, WORDING.render(model)).count("?") == 1


@MANY
@given(models("heads-up"))
def test_a_heads_up_says_nothing_is_late_only_when_it_is_so(model: MessageModel) -> None:
    assert ("nothing is late" in WORDING.render(model).text) == (not model.overdue)


@MANY
@given(models("heads-up"), models("nudge"))
def test_a_nudge_is_shorter_than_a_heads_up(first: MessageModel, second: MessageModel) -> None:
    def own_length(model: MessageModel) -> int:
        bare = {"thanks_first": None, "promised": None, "not_included": (), "credit": (), "subtotals": ()}
        other = {"overdue": ()} if model.template == "heads-up" else {"coming": ()}
        return len(own_words(model, WORDING.render(_replace(model, **bare, **other))).split())

    assert own_length(second) < own_length(first)


def _replace(model: MessageModel, **changes: object) -> MessageModel:
    return dataclasses.replace(model, **changes)


@MANY
@given(models("missed-run"))
def test_a_missed_run_names_the_stated_run_and_the_next(model: MessageModel) -> None:
    text = WORDING.render(model).text
    figures = Figures(locale_of("en", model.country))
    assert model.run_date is not None
    assert f"your payment run of {figures.day(model.run_date)}" in text
    if model.next_run:
        assert f"approved for your run of {figures.day(model.next_run)}?" in text
        assert not model.cut_off or figures.day(model.cut_off) in text


@pytest.mark.parametrize("template", ["firm", "final-notice"])
@MANY
@given(data=st.data())
def test_earlier_contact_is_quoted_only_when_known_to_have_arrived(template: str, data: st.DataObject) -> None:
    model = data.draw(models(template))
    text = WORDING.render(model).text
    figures = Figures(locale_of("en", model.country))
    assert ("we wrote to you on" in text) == bool(model.earlier)
    assert all(figures.day(day) in text for day in model.earlier)
    assert model.deadline is None or f"by {figures.day(model.deadline)}" in text
    assert model.terms_text in text or template == "final-notice"


@MANY
@given(models("final-notice"))
def test_a_final_notice_keeps_what_is_ripe_apart(model: MessageModel) -> None:
    text = WORDING.render(model).text
    ripe, _, rest = text.partition("Also open, but not part of this notice:")
    assert all(line.number in ripe for line in model.demanded)
    assert all(line.number in rest for line in model.also_open)
    assert model.next_action in text
    assert ("Also open, but not part of this notice:" in text) == bool((*model.also_open, *model.coming))


@MANY
@given(models("thank-you"))
def test_an_account_is_called_clear_only_when_it_is(model: MessageModel) -> None:
    text = WORDING.render(model).text
    assert ("Nothing else is due; your account with us is clear." in text) == model.nothing_else_due
    assert ("first payment between us" in text) == model.first_ever


@MANY
@given(st.sampled_from(CHASING).flatmap(models))
def test_thanks_come_first_and_promises_are_theirs(model: MessageModel) -> None:
    text = WORDING.render(model).text
    second = text.split("\n\n")[1]
    assert ("Thank you first of all" in text) == (model.thanks_first is not None)
    assert second.startswith("Thank you first of all") == (model.thanks_first is not None)
    assert ("You told us" in text) == (model.promised is not None)
    assert "your promise" not in text
