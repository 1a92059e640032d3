"""Wording files: `LANG/NAME.md` with front matter, looked for in a bookkeeper's own folders before the shipped one."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from worker.errors import DuecourseError, Problem

NAME = re.compile(r"_?[a-z0-9]+(?:-[a-z0-9]+)*\Z")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z]{2})?\Z")
WORDS = "_words"
LETTER = "_letter"
PHRASES = frozenset({WORDS, LETTER})
"""Files of set phrases, one on a line: headings of tables, and what the printed letter before action says."""
FALLBACK = "en"
"""What a message is written in when neither the client's nor the organisation's language has it."""
STAGES = ("before due", "after due", "final", "statement", "thanks")
_KEYS = ("subject", "stage", "purpose", "needs")
_LARGEST = 64 * 1024


def lineage(language: str) -> tuple[str, ...]:
    """The language itself, then the one it is a regional form of: `fr-CA` reads what it lacks in `fr`."""
    return tuple(dict.fromkeys((language, language.partition("-")[0])))


class WordingError(DuecourseError, ValueError):
    """A template cannot be used, or does not fit the model; carries every problem found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """`problems` is never empty."""
        self.problems = tuple(problems)
        super().__init__("\n".join(p.text() for p in problems))


@dataclass(frozen=True, slots=True)
class Source:
    """One wording file as read. `body_line` is the line the body starts on; `matter_lines` where each key stands."""

    name: str
    language: str
    path: Path
    matter: Mapping[str, str]
    matter_lines: Mapping[str, int]
    body: str
    body_line: int

    def place(self, line: int) -> str:
        """ "file:line" of a line of the whole file."""
        return f"{self.path}:{line}"

    @property
    def is_part(self) -> bool:
        """Parts start with an underscore and are only ever included."""
        return self.name.startswith("_")


class Folders:
    """Where wording is looked for, strongest first. Only regular files right inside `FOLDER/LANG/` count (no links)."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """`folders` hold a folder per language; a missing one is simply empty."""
        self.folders = tuple(folders)

    def stamp(self) -> tuple[tuple[Path, int, int], ...]:
        """Another one when any file was added, removed or written since."""
        stats = ((path, path.stat()) for _, _, path in self.all())
        return tuple((path, stat.st_mtime_ns, stat.st_size) for path, stat in stats)

    def find(self, language: str, name: str) -> Source | None:
        """The strongest file of that name, or None; a regional language also reads the files of its main one.

        Raises WordingError when it cannot be read as wording.
        """
        return next(iter(self._found(language, name)), None)

    def words(self, language: str, name: str = WORDS) -> dict[str, str]:
        """The set phrases of a language (of one of PHRASES): a regional one changes only what it wants to."""
        found: dict[str, str] = {}
        for each in (*self._found(language, name), *self._found(FALLBACK, name)):
            found = {**each.matter, **found}
        return found

    def _found(self, language: str, name: str) -> Iterator[Source]:
        if not (LANGUAGE.match(language) and NAME.match(name)):
            return
        for code in lineage(language):
            for folder in self.folders:
                path = folder / code / f"{name}.md"
                if path.is_file() and not path.is_symlink() and not path.parent.is_symlink():
                    yield read(path, code, name)

    def languages(self) -> tuple[str, ...]:
        """Every language that has a folder with wording in it, sorted."""
        return tuple(sorted({code for code, _, _ in self.all()}))

    def names(self, language: str) -> tuple[str, ...]:
        """The messages (no parts) this language has, also by way of its main one, sorted."""
        codes = lineage(language)
        found = {name for code, name, _ in self.all() if code in codes and not name.startswith("_")}
        return tuple(sorted(found))

    def all(self) -> Iterator[tuple[str, str, Path]]:
        """(language, name, path) of every file in every folder, also those another folder overrides."""
        for folder in self.folders:
            for path in sorted(folder.glob("*/*.md")):
                if LANGUAGE.match(path.parent.name):
                    yield path.parent.name, path.stem, path


def read(path: Path, language: str, name: str) -> Source:
    """Read one file. Raises WordingError with file and line."""
    if path.stat().st_size > _LARGEST:
        raise WordingError([Problem(str(path), "larger than 64 KB", "a message", "shorten it")])
    try:
        text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise WordingError([Problem(str(path), "not UTF-8 text", todo="save it as UTF-8")]) from None
    lines = text.split("\n")
    if lines[0].strip() != "---" or "---" not in (line.strip() for line in lines[1:]):
        if name.startswith("_") and name not in PHRASES:
            return Source(name, language, path, {}, {}, text, 1)
        expected = "the lines ---, subject: ..., stage: ..., purpose: ..., ---"
        raise WordingError([Problem(f"{path}:1", "no front matter", expected, "begin the file with it")])
    end = next(i for i, line in enumerate(lines[1:], 1) if line.strip() == "---")
    matter, places = _matter(path, lines[1:end], name)
    return Source(name, language, path, matter, places, "\n".join(lines[end + 1 :]), end + 2)


def _matter(path: Path, lines: Sequence[str], name: str) -> tuple[dict[str, str], dict[str, int]]:
    matter: dict[str, str] = {}
    places: dict[str, int] = {}
    problems: list[Problem] = []
    for number, line in enumerate(lines, 2):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, colon, value = (part.strip() for part in line.partition(":"))
        if not colon:
            problems.append(Problem(f"{path}:{number}", f"{line.strip()!r} is not a setting", "key: words on one line"))
        elif key in matter:
            problems.append(Problem(f"{path}:{number}", f"{key} is here twice", todo="keep one of them"))
        elif name not in PHRASES and key not in _KEYS:
            problems.append(Problem(f"{path}:{number}", f"unknown setting {key!r}", "one of " + ", ".join(_KEYS)))
        matter[key], places[key] = value, number
    if not name.startswith("_"):
        missing = [key for key in _KEYS[:3] if not matter.get(key)]
        problems += [Problem(f"{path}:1", f"{key} is missing", f"{key}: ... between the --- lines") for key in missing]
        if matter.get("stage") and matter["stage"] not in STAGES:
            found = f"stage {matter['stage']!r}"
            problems.append(Problem(f"{path}:{places['stage']}", found, "one of " + ", ".join(STAGES)))
    if problems:
        raise WordingError(problems)
    return matter, places
