"""Finds what is wrong with wording files before anything is sent."""

from collections.abc import Sequence
from pathlib import Path

from worker.core.threats import threats
from worker.errors import Problem
from worker.wording.files import NAME, WORDS, Folders, Source, WordingError, read
from worker.wording.render import FALLBACK, parts_of, problems_of


def check_templates(folders: Sequence[Path]) -> list[Problem]:
    """Every problem in every wording file of these folders, strongest first, sorted by place; empty when all is well.

    Never raises for what a person wrote.
    """
    within = Folders(folders)
    problems: list[Problem] = []
    for language, name, path in within.all():
        if not NAME.match(name):
            found = f"{path.name} is not a name for wording"
            problems.append(Problem(str(path), found, "lower-case letters, digits and hyphens, then .md"))
        elif path.is_symlink() or path.parent.is_symlink():
            problems.append(Problem(str(path), "a link to another place is not read", todo="copy the file here"))
        else:
            problems += _file(within, language, name, path)
    problems += [_stray(path) for folder in folders for path in sorted(folder.glob("*.md")) if path.name != "README.md"]
    return sorted(problems, key=lambda problem: problem.place)


def _stray(path: Path) -> Problem:
    return Problem(str(path), "wording lies outside a language's folder", "a folder such as en/ or fr/ around it")


def _file(folders: Folders, language: str, name: str, path: Path) -> list[Problem]:
    try:
        source = read(path, language, name)
    except WordingError as error:
        return list(error.problems)
    if name == WORDS:
        return _words(folders, source)
    return problems_of(source, parts_of(folders, language)) or _threats(source)


def _threats(source: Source) -> list[Problem]:
    """L5: a threat belongs nowhere but in a final notice, which a person approves."""
    found = () if source.matter.get("stage") == "final" or source.is_part else threats(source.body)
    todo = "say what is true without it, or keep it for a final notice"
    return [Problem(source.place(source.body_line), f'"{word}" threatens', "words that do not", todo) for word in found]


def _words(folders: Folders, source: Source) -> list[Problem]:
    """A language's words must be as many as English has, with the same blanks to fill in."""
    try:
        known = folders.find(FALLBACK, WORDS)
    except WordingError:
        return []
    if known is None or known.path == source.path:
        return []
    place = source.place(1)
    problems = [
        Problem(place, f"{key} is missing", f"a line {key}: ...") for key in known.matter if not source.matter.get(key)
    ]
    for key in source.matter.keys() - known.matter.keys():
        problems.append(Problem(source.place(source.matter_lines[key]), f"unknown setting {key!r}"))
    return problems
