"""In which language a client is written to, who said so, and what is refused."""

from pathlib import Path

import pytest

from tests.config.helpers import practice, settings
from tests.core import build
from worker.core.receivable import Organisation
from worker.core.settings import Sentences
from worker.errors import ConfigError

FURTHER = (
    "ways to pay: [Bank transfer]\nlanguages: {fr: {ways to pay: [Par virement]}, nl: {ways to pay: [Per bank]}}\n"
)


def written(body: str, practice_wide: str = "") -> str:
    lines = "".join(f"    {line}\n" for line in body.strip("\n").splitlines())
    return f"{practice_wide}organisations:\n  harbour:\n    books: {{kind: sandbox}}\n{lines}"


def language(tmp_path: Path, text: str, country: str = "", home: str = "GB") -> tuple[str, str]:
    """(language, who said so) of one client of that country."""
    clients = (build.client("c1", name="Acme Ltd", country=country),)
    books = build.books(clients=clients, organisation=Organisation("o", "Harbour", country=home))
    found = settings(tmp_path, text, books).clients["c1"]
    return found.language, found.places.get("language", "")


@pytest.mark.parametrize(
    ("body", "country", "home", "expected"),
    [
        ("", "FR", "GB", "en"),  # nobody said that anyone there writes French
        (FURTHER, "FR", "GB", "fr"),
        (FURTHER, "fr", "GB", "fr"),
        (FURTHER, "BE", "GB", "en"),  # two of its languages are ours: no guessing
        (FURTHER, "France", "GB", "en"),  # free text is no country
        (FURTHER + "clients: [{client: Acme Ltd, language: de}]", "FR", "GB", "de"),
        ("language: es\n" + FURTHER, "NL", "GB", "nl"),
        ("language: es\n" + FURTHER, "US", "GB", "es"),
        ("", "", "FR", "fr"),
        ("", "", "AT", "de"),
        ("", "", "MX", "es"),
        ("", "", "CH", "en"),
        ("", "", "PL", "en"),
        ("language: fr-CA", "", "CA", "fr-CA"),
    ],
)
def test_who_decides(tmp_path: Path, body: str, country: str, home: str, expected: str) -> None:
    assert language(tmp_path, written(body), country, home)[0] == expected


def test_who_decided_is_on_record(tmp_path: Path) -> None:
    assert language(tmp_path, written("language: nl"))[1] == "config.yaml:4"
    assert language(tmp_path, written(FURTHER), "FR")[1] == "its country, FR, and languages: at config.yaml:5"
    assert language(tmp_path, written(""), home="DE")[1] == "the country of the books, DE"
    assert language(tmp_path, written(""))[1] == "the country of the books, GB"
    assert language(tmp_path, written(""), home="")[1] == ""


def test_own_sentences_follow_the_language(tmp_path: Path) -> None:
    books = build.books(clients=(build.client("c1", name="Acme Ltd", country="FR"),))
    found = settings(tmp_path, written(FURTHER), books)
    assert found.said_in("fr").ways_to_pay == ("Par virement",)
    assert found.said_in("fr-CA") == Sentences(ways_to_pay=("Par virement",))
    assert found.said_in("de").ways_to_pay == ("Bank transfer",)
    assert found.language == "en"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "language: pl",
            'config.yaml:4: there is no wording in the language "pl"\n    expected: one of de, en, es, fr, nl',
        ),
        ("clients: [{client: x, language: it}]", 'there is no wording in the language "it"'),
        ("languages: {pl: {}}", "duecourse wording new pl"),
        (
            "terms: Thirty days\nlanguages: {fr: {work: dessin}}",
            'config.yaml:5: "terms" is written for your other clients, but not in "fr"',
        ),
    ],
)
def test_what_is_refused(tmp_path: Path, body: str, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        practice(tmp_path, written(body))
    assert said in str(raised.value)


def test_own_wording_makes_a_language_known(tmp_path: Path) -> None:
    (tmp_path / "wording" / "pl").mkdir(parents=True)
    (tmp_path / "wording" / "pl" / "_signature.md").write_text("Z poważaniem\n", encoding="utf-8")
    assert language(tmp_path, written("language: pl"))[0] == "pl"
