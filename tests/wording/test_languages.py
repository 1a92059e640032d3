"""What each message must and must not say, in every language, over the examples a bookkeeper previews."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.strategies_message import TEMPLATES, models
from tests.wording.reading import SHIPPED, WORDING, data_of, figures_of, without, words_of
from worker.core.message import MessageModel, Rendered
from worker.core.money import Money
from worker.core.plain import one_line
from worker.wording.examples import CASES, example
from worker.wording.figures import Figures, locale_of
from worker.wording.files import PHRASES, Folders

LANGUAGES = ("de", "en", "es", "fr", "nl")
FOLDERS = Folders([SHIPPED])
NAMES = FOLDERS.names("en")
STAGES = {name: FOLDERS.find("en", name).matter["stage"] for name in NAMES}  # type: ignore[union-attr]

# Words a language would use for what facts of courtesy and law keep out, as regular expressions. `late`: only from the
# firm step on. `law`: nowhere but where an organisation wrote it itself. `pressure`: never.
LATE = {
    "en": r"\boverdue|\blate\b",
    "fr": r"en retard|retard de",
    "de": r"überfällig|im verzug|verspätet",
    "es": r"retraso|atrasad|moros",
    "nl": r"te laat|achterstallig",
}
LAW = {
    "en": r"court|solicitor|legal|bailiff|credit file",
    "fr": r"tribunal|huissier|avocat|juridi|contentieux|mise en demeure|poursuite",
    "de": r"gericht|anwalt|rechtlich|inkasso|mahn|schufa|vollstreck",
    "es": r"tribunal|juzgado|abogad|legal|judicial|embargo|fichero de moros",
    "nl": r"rechtbank|rechter|advocaat|juridisch|deurwaarder|incassobureau|ingebrekestelling",
}
PRESSURE = {
    "en": r"urgent|immediately|at once|failed to|reminder|per my last|disappoint|finally|at last",
    "fr": r"urgent|immédiat|rappel|relance|déçu|enfin\b|défaut de paiement|vous avez omis|malheureusement",
    "de": r"dringend|sofort zahlen|unverzüglich|erinnerung|enttäusch|endlich|versäumt|leider",
    "es": r"urgente|inmediat|recordatorio|decepcion|por fin|incumpl|lamentablemente",
    "nl": r"dringend|onmiddellijk|per direct|herinnering|teleurgesteld|eindelijk|verzuim|helaas",
}
FAMILIAR = {  # the informal address, where a language has one
    "en": r"(?!)",
    "fr": r"\b(tu|toi|ton|tes|ta)\b",
    "de": r"\b(du|dich|dir|dein\w*|euch|euer)\b",
    "es": r"\b(tú|tu|tus|te|contigo)\b",
    "nl": r"\b(je|jij|jouw|jullie)\b",
}
SECTION = {  # sections that begin the quiet part of thanks: a request to pay has no place there
    "en": r"please|pay\b|\?",
    "fr": r"veuillez|merci de régler|à régler|\?",
    "de": r"bitte|zahlen sie|\?",
    "es": r"por favor|pague|por pagar|\?",
    "nl": r"alstublieft|betaal\b|te betalen|\?",
}
DEMAND_BY = {"en": "by ", "fr": "d’ici le ", "de": "bis zum ", "es": "a más tardar el ", "nl": "uiterlijk op "}
COURTESY = {
    "en": "already on its way",
    "fr": "déjà en route",
    "de": "schon unterwegs",
    "es": "ya está en camino",
    "nl": "al onderweg",
}
OUR_ACCOUNT = {
    "en": "never change it by e-mail",
    "fr": "changeons jamais par e-mail",
    "de": "ändern es nie per E-Mail",
    "es": "nunca la cambiamos por correo",
    "nl": "wijzigen die nooit per e-mail",
}
EXACT_ON = re.compile(r"[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069]")

every = pytest.mark.parametrize(
    ("language", "name", "case"), [(code, name, case) for code in LANGUAGES for name in NAMES for case in CASES]
)


def made(language: str, name: str, case: str) -> tuple[MessageModel, Rendered]:
    model = example(name, STAGES[name], language, case)
    return model, WORDING.render(model)


def own_words(model: MessageModel, rendered: Rendered) -> str:
    """The words of the template alone, in one line."""
    known = {one_line(each) for each in data_of(model)} | data_of(model)
    return " ".join(without(rendered.text, figures_of(model) | known).split())


@every
def test_words_that_have_no_place(language: str, name: str, case: str) -> None:
    model, rendered = made(language, name, case)
    own = own_words(model, rendered)
    for words in (PRESSURE, LAW, FAMILIAR):
        found = re.search(words[language], own, re.IGNORECASE)
        assert not found, found
    if name not in ("firm", "final-notice"):
        said = re.sub(r"nothing is late|rien n’est en retard|no hay nada atrasado|er is niets te laat", "", own)
        assert not re.search(LATE[language], said, re.IGNORECASE), said
    assert "!" not in own
    assert not re.search(r"[\U0001f300-\U0001faff]|\bNone\b|\{\{|\{%|Qz\d", own)
    if language != "en":
        for english in (" the ", " you ", " invoice", " please ", "Thank you"):
            assert english not in f" {own} ", english


@every
def test_what_every_message_carries(language: str, name: str, case: str) -> None:
    model, rendered = made(language, name, case)
    figures, text = Figures(locale_of(language, model.country)), rendered.text
    first = text.split("\n", 1)[0]
    assert one_line(model.greeting or model.payer) in first
    assert model.signature.name in text
    assert model.signature.phone in text
    assert "\n" not in rendered.subject
    assert one_line(model.organisation) in rendered.subject
    for line in (*model.coming, *model.overdue, *model.demanded, *model.also_open):
        if STAGES[name] != "thanks" and (name != "welcome" or line in model.coming):
            assert one_line(line.number) in text
            assert figures.money(line.open) in text
    for money in model.net if STAGES[name] != "thanks" else model.received:
        assert figures.money(money) in text
    chasing = STAGES[name] != "thanks"
    assert (COURTESY[language] in text) == chasing
    assert (OUR_ACCOUNT[language] in text) == (chasing or name == "thank-you-part")
    assert all(one_line(way) in text for way in model.ways_to_pay) or name == "thank-you"
    assert not EXACT_ON.search(text + rendered.html + rendered.subject)
    page = " ".join(words_of(rendered.html).split())
    assert one_line(model.signature.name) in page


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("language", LANGUAGES)
class TestEachLanguage:
    def test_thanks_carry_no_demand(self, language: str, case: str) -> None:
        model, rendered = made(language, "thank-you", case)
        own = own_words(model, rendered)
        assert not re.search(SECTION[language], own, re.IGNORECASE), own

    def test_a_nudge_asks_one_question_only(self, language: str, case: str) -> None:
        assert own_words(*made(language, "nudge", case)).count("?") == 1

    def test_a_missed_run_is_quoted_only_when_stated(self, language: str, case: str) -> None:
        model, rendered = made(language, "missed-run", case)
        assert model.run_date is not None
        assert Figures(locale_of(language, model.country)).day(model.run_date) in rendered.text
        with pytest.raises(ValueError, match="needs run_date"):
            WORDING.render(replace(model, run_date=None))

    def test_a_final_notice_says_what_happens_next_and_by_when(self, language: str, case: str) -> None:
        model, _ = made(language, "final-notice", case)
        model = replace(model, next_action="Dann entscheidet Robin Lark.")
        text = WORDING.render(model).text
        figures = Figures(locale_of(language, model.country))
        assert model.deadline is not None
        assert DEMAND_BY[language] + figures.day(model.deadline) in text
        assert "Dann entscheidet Robin Lark." in text
        ripe = text.index(one_line(model.demanded[0].number))
        assert all(text.rindex(one_line(line.number)) > ripe for line in model.also_open)
        with pytest.raises(ValueError, match="needs next_action"):
            WORDING.render(replace(model, next_action=""))

    def test_a_plan_is_offered_to_the_cent(self, language: str, case: str) -> None:
        model, rendered = made(language, "offer-plan", case)
        figures = Figures(locale_of(language, model.country))
        assert all(figures.day(day) in rendered.text for day, _ in model.instalments)
        assert all(figures.money(money) in rendered.text for _, money in model.instalments)
        short = (*model.instalments[:-1], (model.instalments[-1][0], Money(model.net[-1].amount / 3, "EUR")))
        with pytest.raises(ValueError, match="do not add up"):
            WORDING.render(replace(model, instalments=short))

    def test_one_and_many(self, language: str, case: str) -> None:
        model, rendered = made(language, "firm", case)
        one = WORDING.render(replace(model, overdue=model.overdue[:1]))
        if len(model.overdue) > 1:
            assert own_words(model, one) != own_words(model, rendered)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(TEMPLATES).flatmap(models), st.sampled_from(LANGUAGES))
def test_every_figure_is_a_value_of_the_model_in_every_language(model: MessageModel, language: str) -> None:
    model = replace(model, language=language)
    rendered = WORDING.render(model)
    counts = {str(len(model.instalments))} | {str(line.days_late) for line in (*model.demanded, *model.overdue)}
    counts |= {str(n) for n in (model.instalment.number, model.instalment.count)} if model.instalment else set()
    counts |= {str(each.days) for each in model.interest}
    known = figures_of(model) | data_of(model)
    for text in (rendered.text, words_of(rendered.html)):
        assert set(re.findall(r"\d+", without(text, known))) <= counts


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_is_whole(language: str) -> None:
    english = sorted(path.name for path in (SHIPPED / "en").glob("*.md"))
    assert sorted(path.name for path in (SHIPPED / language).glob("*.md")) == english
    for path in (SHIPPED / "en").glob("*.md"):
        mine = _matter(SHIPPED / language / path.name)
        theirs = _matter(path)
        assert mine.keys() == theirs.keys()
        assert all(mine[key] == theirs[key] for key in ("stage", "needs") if key in theirs)


def _matter(path: Path) -> dict[str, str]:
    source = FOLDERS.find(path.parent.name, path.stem)
    assert source is not None
    return dict(source.matter)


@pytest.mark.parametrize("language", LANGUAGES)
def test_typographic_habits(language: str) -> None:
    for path in (SHIPPED / language).glob("*.md"):
        text = path.read_text("utf-8")
        body = re.sub(r"\{[{%].*?[%}]\}", "", text.split("\n---\n", 1)[-1] if text.startswith("---") else text)
        if path.stem in PHRASES or language == "en":
            continue
        assert "'" not in body, path
        assert '"' not in body, path
        if language == "fr":
            assert not re.search(r"\w[;?!:](\s|$)", body), path
        if language == "es":
            assert body.count("?") == body.count("¿"), path


def test_the_first_of_a_month_in_french() -> None:
    model = example("thank-you", "thanks", "fr", "plain")
    assert "le 1er mars 2026" in WORDING.render(model).text
    assert "1 mars" not in WORDING.render(model).text
