"""In which language a client is written to, and who said so."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path

from worker.config.options import PracticeOptions
from worker.config.options_client import Common
from worker.config.options_organisation import LanguageOptions, OrganisationOptions
from worker.config.values import OrganisationConfig
from worker.core.settings import Sentences
from worker.errors import Problem

FALLBACK = "en"
_SENTENCES = ("ways_to_pay", "terms", "work", "why_it_matters", "what_happens_next")


class Tongue:
    """The languages of one organisation. `own` is what its people write unless something nearer says otherwise."""

    def __init__(self, organisation: OrganisationConfig, books_country: str) -> None:
        """`books_country`: ISO 3166, or whatever free text the books have."""
        written, practice = organisation.written, organisation.practice
        self._further = written.languages
        layer = next((each for each in (written, practice) if each.language), None)
        if layer is not None:
            self.own, self.place = str(layer.language), layer.place_of("language")
            return
        spoken = _spoken_in(books_country, shipped_languages())
        self.own = spoken or FALLBACK
        self.place = f"the country of the books, {books_country}" if spoken else ""

    def of(self, country: str, layers: Sequence[Common]) -> tuple[str, str]:
        """(language, who said so) for a client of this country; of `layers` the last one that says so wins."""
        said = next((each for each in reversed(layers) if each.language), None)
        if said is not None:
            return str(said.language), said.place_of("language")
        if self._further:
            spoken = _spoken_in(country, (self.own, *self._further))
            if spoken and spoken != self.own:
                return spoken, f"its country, {country}, and languages: at {self._further[spoken].place}"
        return self.own, self.place


def _spoken_in(country: str, languages: Sequence[str]) -> str:
    """The one of these languages that is an official one there; "" when none is, or more than one."""
    official = _official(country.strip().upper())
    found = [code for code in languages if code.partition("-")[0] in official]
    exact = [code for code in found if code.partition("-")[2] == country.strip().upper()]
    chosen = exact or found
    return chosen[0] if len(chosen) == 1 else ""


@lru_cache(maxsize=512)
def _official(country: str) -> frozenset[str]:
    """Official languages of an ISO 3166 country, by CLDR; none for anything else."""
    from babel.languages import get_official_languages

    return frozenset(get_official_languages(country, de_facto=True)) if len(country) == 2 else frozenset()


@lru_cache(maxsize=1)
def shipped_languages() -> tuple[str, ...]:
    """The languages duecourse ships wording in."""
    return tuple(sorted(_folders(Path(str(resources.files("policies") / "wording")))))


def _folders(wording: Path) -> set[str]:
    if not wording.is_dir():
        return set()
    return {p.name for p in wording.iterdir() if p.is_dir() and next(p.glob("*.md"), None) is not None}


def sentences_of(written: OrganisationOptions) -> dict[str, Sentences]:
    """The organisation's own sentences by further language."""
    return {
        code: Sentences(tuple(s.ways_to_pay), s.terms, s.why_it_matters, s.what_happens_next, s.work)
        for code, s in written.languages.items()
    }


def language_problems(written: OrganisationOptions, practice: PracticeOptions, folder: Path) -> list[Problem]:
    """Languages nobody wrote wording in, and further languages that leave one of the organisation's sentences out."""
    known = {*shipped_languages(), *_folders(folder / "wording")}
    layers = (practice, written, *written.groups.values(), *written.payers.values(), *written.clients)
    said = [(str(each.language), each.place_of("language")) for each in layers if each.language]
    said += [(code, each.place) for code, each in written.languages.items()]
    problems = [_unknown(code, place, known) for code, place in said if code.partition("-")[0] not in known]
    for code, sentences in written.languages.items():
        problems += _left_out(code, sentences, written)
    return problems


def _unknown(code: str, place: str, known: set[str]) -> Problem:
    found = f'there is no wording in the language "{code}"'
    todo = f"write one of them, or make your own: duecourse wording new {code}"
    return Problem(place, found, "one of " + ", ".join(sorted(known)), todo)


def _left_out(code: str, sentences: LanguageOptions, written: OrganisationOptions) -> Iterator[Problem]:
    for name in _SENTENCES:
        if getattr(written, name) and not getattr(sentences, name):
            words = name.replace("_", " ")
            found = f'"{words}" is written for your other clients, but not in "{code}"'
            todo = "add it, or its readers would find a sentence in another language"
            yield Problem(sentences.place, found, f"{words}: in that language", todo)
