"""Wording files: what check finds, overriding, limits, and what the sandbox does not allow."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.wording.reading import SHIPPED
from worker.core.message import InvoiceLine, MessageModel
from worker.core.money import Money
from worker.core.settings import Signature
from worker.wording.check import check_templates
from worker.wording.files import WordingError
from worker.wording.render import Templates

MONEY = Money(Decimal("12.5"), "GBP")
LINE = InvoiceLine("INV-1", "", date(2026, 1, 5), date(2026, 2, 5), "", MONEY, MONEY, False, 3)
MODEL = MessageModel(
    template="mine",
    language="en",
    organisation="Larch Studio",
    payer="Fern & Co",
    greeting="Priya",
    signature=Signature("Ada Cole", "ada@example.com"),
    overdue=(LINE,),
    net=(MONEY,),
    country="GB",
)
HEAD = "---\nsubject: Invoices from {{ organisation }}\nstage: after due\npurpose: A test.\n---\n"


def write(folder: Path, body: str, name: str = "mine", head: str = HEAD) -> Path:
    path = folder / "en" / f"{name}.md"
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(head + body, encoding="utf-8")
    return path


def test_everything_shipped_is_sound() -> None:
    assert check_templates([SHIPPED]) == []


@pytest.mark.parametrize(
    ("body", "line", "found"),
    [
        ("Hello {{ greting }}", 6, "unknown name 'greting'\n    expected: did you mean 'greeting'?"),
        ("\n{% for l in overdue %}\n{{ l.nunber }}{% endfor %}", 8, "unknown name 'nunber' after the dot"),
        ("{{ (overdue|first).ammount }}", 6, "unknown name 'ammount' after the dot"),
        ("{{ signature.fax }}", 6, "unknown name 'fax' after the dot"),
        ("{{ overdue|safe }}", 6, "unknown filter 'safe'\n    expected: one of first, last, length"),
        ("{{ eval(payer) }}", 6, "unknown function 'eval'"),
        ("{{ payer.upper() }}", 6, "unknown function ''"),
        ("{{ table() }}", 6, "table takes 1 value, not 0"),
        ("{{ plural(overdue, 'a', 'b', lots='c') }}", 6, "plural takes no 'lots'\n    expected: one of few"),
        ("{{ plural(overdue, 'a', 'b', few=payr) }}", 6, "unknown name 'payr'"),
        ("{{ plural(overdue, 'a') }}", 6, "plural takes 3 values, not 2"),
        ("{{ payer", 6, "unexpected end of template"),
        ("\n\n{% if payer %}", 8, "Unexpected end of template"),
        ("{% set x = 1 %}", 6, "assign is not part of the wording language"),
        ("{% macro x() %}{% endmacro %}", 6, "macro is not part of the wording language"),
        ("{% extends 'x' %}", 6, "extends is not part of the wording language"),
        ("{{ payer ~ payer }}", 6, "concat is not part of the wording language"),
        ("{{ payer['x'] }}", 6, "getitem is not part of the wording language"),
        ("{{ 1 + 1 }}", 6, "add is not part of the wording language"),
        ("{% for a in overdue recursive %}{% endfor %}", 6, "this kind of loop is not part"),
        ("{% include '_nothing' %}", 6, "there is no part '_nothing' to include"),
        ("{% include payer %}", 6, "there is no part None to include"),
        ("[pay]({{ payer }})", 6, "a link with a filled-in address"),
    ],
)  # fmt: skip
def test_check_names_file_line_and_way_out(tmp_path: Path, body: str, line: int, found: str) -> None:
    path = write(tmp_path, body)
    texts = [problem.text() for problem in check_templates([tmp_path, SHIPPED])]
    assert len(texts) == 1, texts
    assert texts[0].startswith(f"{path}:{line}: {found}"), texts[0]
    with pytest.raises(WordingError):
        Templates([tmp_path, SHIPPED]).render(MODEL)


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ("Hello", "1: no front matter"),
        ("---\nstage: after due\npurpose: x\n---\n", "1: subject is missing"),
        ("---\nsubject: x\nstage: soon\npurpose: x\n---\n", "3: stage 'soon'"),
        ("---\nsubject: x\nstage: final\npurpose: x\nprio: 1\n---\n", "5: unknown setting 'prio'"),
        ("---\nsubject: x\nsubject: y\nstage: final\npurpose: x\n---\n", "3: subject is here twice"),
        ("---\nsubject: x\nwhat\nstage: final\npurpose: x\n---\n", "3: 'what' is not a setting"),
        ("---\nsubject: {{ net }} for {{ payer }}\nstage: final\npurpose: x\n---\n", "2: unknown name 'net'"),
        ("---\nsubject: x\nstage: final\npurpose: x\nneeds: dedline\n---\n", "5: unknown name 'dedline' in needs"),
    ],
)
def test_check_reads_the_front_matter(tmp_path: Path, head: str, found: str) -> None:
    path = write(tmp_path, "Hello", head=head)
    assert f"{path}:{found}" in check_templates([tmp_path])[0].text()


def test_one_golden_problem(tmp_path: Path) -> None:
    path = write(tmp_path, "Hello {{ greting }}")
    (problem,) = check_templates([tmp_path])
    assert problem.text() == f"{path}:6: unknown name 'greting'\n    expected: did you mean 'greeting'?"


def test_a_bookkeepers_own_file_wins_and_parts_too(tmp_path: Path) -> None:
    write(tmp_path, "Hi {{ greeting }}, see {{ numbers(overdue) }}.\n\n{% include '_signature' %}", "nudge")
    write(tmp_path, "Yours, {{ signature.name }}", "_signature", head="")
    templates = Templates([tmp_path, SHIPPED])
    assert templates.render(replace(MODEL, template="nudge")).text == "Hi Priya, see INV-1.\n\nYours, Ada Cole\n"
    assert "Is anything in the way?" in templates.render(replace(MODEL, template="ask")).text


def test_a_part_includes_no_part(tmp_path: Path) -> None:
    path = write(tmp_path, "{% include '_loop' %}", "_loop", head="")
    assert [p.text() for p in check_templates([tmp_path])] == [
        f"{path}:1: there is no part '_loop' to include\n    expected: one of (there are none)"
    ]


def test_markdown_becomes_html_and_clean_text(tmp_path: Path) -> None:
    body = (
        "# Title\n\nSome **bold** and [a link](https://example.com/x).\nSame paragraph.\n\n- one {{ payer }}\n- two\n\n"
        "1. first\n2. second\n\n<b>no</b> ![p](https://example.com/p.png)"
    )
    write(tmp_path, body)
    rendered = Templates([tmp_path, SHIPPED]).render(MODEL)
    assert rendered.text == (
        "Title\n\nSome bold and a link (https://example.com/x). Same paragraph.\n\n- one Fern & Co\n- two\n\n"
        "1. first\n2. second\n\n<b>no</b> !p (https://example.com/p.png)\n"
    )
    assert "<strong>bold</strong>" in rendered.html
    assert "<li>one Fern &amp; Co</li>" in rendered.html
    assert "&lt;b&gt;no&lt;/b&gt;" in rendered.html
    assert "<img" not in rendered.html


def test_an_empty_value_is_never_printed(tmp_path: Path) -> None:
    path = write(tmp_path, "By {{ deadline }}.")
    with pytest.raises(WordingError, match="a value of the model is missing") as raised:
        Templates([tmp_path, SHIPPED]).render(MODEL)
    assert str(path) in str(raised.value)


def test_what_a_template_needs_is_there_or_it_is_not_sent() -> None:
    final = replace(MODEL, template="final-notice", deadline=date(2026, 3, 1))
    with pytest.raises(WordingError, match="final-notice needs next_action, and this message has none"):
        Templates([SHIPPED]).render(final)


def test_a_plan_that_does_not_add_up_is_refused() -> None:
    plan = ((date(2026, 4, 1), MONEY), (date(2026, 5, 1), MONEY))
    model = replace(MODEL, template="offer-plan", deadline=date(2026, 3, 1), instalments=plan)
    with pytest.raises(WordingError, match="do not add up to the net"):
        Templates([SHIPPED]).render(model)


@pytest.mark.parametrize("turns", [101, 9])
def test_loops_and_output_are_bounded(tmp_path: Path, turns: int) -> None:
    loops = "{% for a in overdue %}{% for b in overdue %}{{ payer }}{% endfor %}{% endfor %}"
    write(tmp_path, f"x {loops}")
    payer = "y" * (20 if turns > 100 else 20_000)
    with pytest.raises(WordingError, match="10000 turns" if turns > 100 else "larger than 1 MB"):
        Templates([tmp_path, SHIPPED]).render(replace(MODEL, overdue=(LINE,) * turns, payer=payer))


@pytest.mark.parametrize("template", ["../en/nudge", "nothing", "Nudge", ""])
def test_unknown_templates_are_refused(template: str) -> None:
    with pytest.raises(WordingError, match="there is no template"):
        Templates([SHIPPED]).render(replace(MODEL, template=template))


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", "Hello")
    link = tmp_path / "in" / "en" / "mine.md"
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    with pytest.raises(WordingError, match="there is no template 'mine'"):
        Templates([tmp_path / "in", SHIPPED]).render(MODEL)
    assert "a link to another place is not read" in check_templates([tmp_path / "in"])[0].text()


@pytest.mark.parametrize(
    ("language", "default", "written_in", "found"),
    [
        ("fr", "en", "fr", "fr"),
        ("fr-CA", "en", "fr-CA", "fr"),
        ("pl", "de", "de", "de"),
        ("pl", "pt", "en", "en"),
        ("de-AT", "fr", "de-AT", "de"),
    ],
)
def test_a_message_falls_back_in_steps(language: str, default: str, written_in: str, found: str) -> None:
    templates = Templates([SHIPPED], default=default)
    rendered = templates.render(replace(MODEL, template="nudge", language=language, country="FR"))
    assert f'lang="{written_in}"' in rendered.html
    assert templates.worded_in(language, ["nudge", "no-such"]) == {"nudge": found, "no-such": ""}


def test_a_regional_language_changes_only_what_it_wants_to(tmp_path: Path) -> None:
    (tmp_path / "fr-CA").mkdir()
    (tmp_path / "fr-CA" / "_on-its-way.md").write_text("Déjà payé ? Merci !", encoding="utf-8")
    (tmp_path / "fr-CA" / "_words.md").write_text("---\nopen: À payer\n---\n", encoding="utf-8")
    assert check_templates([tmp_path, SHIPPED]) == []
    model = replace(MODEL, template="nudge", language="fr-CA", greeting="", country="CA")
    text = Templates([tmp_path, SHIPPED]).render(model).text
    assert text.startswith("Bonjour à l’équipe comptable chez Fern & Co,\n")
    assert "Déjà payé? Merci!" in text
    assert "À payer" in text
    assert "Votre réponse" not in text
    french = Templates([tmp_path, SHIPPED]).render(replace(model, language="fr")).text
    assert "Pour quelle date le règlement est-il prévu\u202f?" in french
    assert "Déjà payé" not in french


def test_a_languages_words_are_checked_against_english(tmp_path: Path) -> None:
    folder = tmp_path / "pl"
    folder.mkdir()
    words = (SHIPPED / "en" / "_words.md").read_text("utf-8").replace("of {total}", "of it").replace("due:", "dew:")
    (folder / "_words.md").write_text(words, encoding="utf-8")
    assert [p.text() for p in check_templates([tmp_path, SHIPPED])] == [
        f"{folder}/_words.md:1: due is missing\n    expected: a line due: ...",
        f"{folder}/_words.md:13: part_of has other blanks to fill in\n    expected: {{open}} and {{total}}",
        f"{folder}/_words.md:8: unknown setting 'dew'\n    expected: did you mean 'due'?",
    ]


def test_forms_of_a_plural_follow_the_language(tmp_path: Path) -> None:
    body = "{{ plural(overdue, 'faktura', 'faktur', few='faktury') }}"
    for code in ("en", "pl"):
        (tmp_path / code).mkdir()
        (tmp_path / code / "mine.md").write_text(HEAD + body, encoding="utf-8")
    said = []
    for count in (1, 2, 5):
        model = replace(MODEL, overdue=(LINE,) * count, language="pl", country="PL")
        said.append(Templates([tmp_path, SHIPPED]).render(model).text.strip())
    assert said == ["faktura", "faktury", "faktur"]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://pay.example.com/i?a=1&b=2", True),
        ("https://example.com/i", True),
        ("https://notexample.com/i", False),
        ("http://pay.example.com/i", False),
        ("https://user@pay.example.com/i", False),
        ("https://pay.example.com/ i", False),
        ("https://pay.example.com\\@evil.example/", False),
        ("javascript:alert(1)", False),
        ("https://[", False),
    ],
)
def test_links_are_plain_https_to_known_hosts(url: str, shown: bool) -> None:
    model = replace(MODEL, template="nudge", overdue=(replace(LINE, url=url),))
    rendered = Templates([SHIPPED], ["example.com"]).render(model)
    assert (url in rendered.text) == shown
    assert ("<a href" in rendered.html) == shown
