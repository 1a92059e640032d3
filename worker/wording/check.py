"""Finds what is wrong with wording files before anything is sent."""

import difflib
import re
from collections.abc import Sequence
from pathlib import Path

from worker.core.threats import threats
from worker.errors import Problem
from worker.wording.files import FALLBACK, NAME, PHRASES, Folders, Source, WordingError, lineage, read
from worker.wording.render import parts_of, problems_of

_BLANK = re.compile(r"\{[a-z]+\}")


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
    if name in PHRASES:
        return _words(folders, source)
    return problems_of(source, parts_of(folders, language)) or _threats(source)


def _threats(source: Source) -> list[Problem]:
    """L5: a threat belongs nowhere but in a final notice, which a person approves."""
    found = () if source.matter.get("stage") == "final" or source.is_part else threats(source.body)
    todo = "say what is true without it, or keep it for a final notice"
    return [Problem(source.place(source.body_line), f'"{word}" threatens', "words that do not", todo) for word in found]


def _words(folders: Folders, source: Source) -> list[Problem]:
    """A language's phrases must be as many as English has, with the same blanks to fill in.

    A regional language may leave to its main one what it says alike.
    """
    try:
        known, main = folders.find(FALLBACK, source.name), folders.find(lineage(source.language)[-1], source.name)
    except WordingError:
        return []
    if known is None or known.path == source.path:
        return []
    inherited = main.matter if main is not None and main.path != source.path else {}
    problems = [
        Problem(source.place(1), f"{key} is missing", f"a line {key}: ...")
        for key in known.matter
        if not (source.matter.get(key) or inherited.get(key))
    ]
    for key, line in source.matter_lines.items():
        if key not in known.matter:
            near = difflib.get_close_matches(key, known.matter, 1)
            expected = f"did you mean {near[0]!r}?" if near else ""
            problems.append(Problem(source.place(line), f"unknown setting {key!r}", expected))
        elif sorted(_BLANK.findall(source.matter[key])) != sorted(_BLANK.findall(known.matter[key])):
            expected = " and ".join(_BLANK.findall(known.matter[key])) or "none"
            problems.append(Problem(source.place(line), f"{key} has other blanks to fill in", expected))
    return problems
