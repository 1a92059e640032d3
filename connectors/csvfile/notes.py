"""What reading a set of files turned up: problems, which stop the reading, and notes, which do not."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.errors import BooksGarbled, Problem

_SHOWN = 25
_LINES_SHOWN = 6


@dataclass(slots=True)
class Findings:
    """Collects everything wrong, so that a person repairs a file once, not once per mistake."""

    _problems: dict[Problem, tuple[str, int]] = field(default_factory=dict)
    _notes: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def problem(self, file: str, line: int, found: str, expected: str = "", todo: str = "") -> None:
        """Record what makes the whole reading void; `line` 0 means the file as a whole. Said twice, it counts once."""
        place = f"{file}:{line}" if line else file
        self._problems.setdefault(Problem(place, found, expected, todo), (file, line))

    def note(self, file: str, what: str, line: int = 0) -> None:
        """Record something a bookkeeper should know; notes with the same words are shown once, with their lines."""
        lines = self._notes.setdefault((file, what), [])
        if line:
            lines.append(line)

    def notes(self) -> tuple[str, ...]:
        """The notes as sentences, in a fixed order."""
        return tuple(_sentence(file, what, lines) for (file, what), lines in sorted(self._notes.items()))

    def stop_if_any(self) -> None:
        """Raise BooksGarbled with all problems (the first 25 in full) when there is any."""
        if not self._problems:
            return
        found = sorted(self._problems, key=self._problems.__getitem__)
        count = "1 problem" if len(found) == 1 else f"{len(found)} problems"
        lines = [f"{count} in the CSV books: nothing was read", *(p.text() for p in found[:_SHOWN])]
        if len(found) > _SHOWN:
            lines.append(f"... and {len(found) - _SHOWN} more")
        raise BooksGarbled("\n".join(lines), problems=found)


def _sentence(file: str, what: str, lines: list[int]) -> str:
    if not lines:
        return f"{file}: {what}"
    shown = ", ".join(str(line) for line in lines[:_LINES_SHOWN])
    more = f" and {len(lines) - _LINES_SHOWN} more" if len(lines) > _LINES_SHOWN else ""
    return f"{file}: {what} ({'line' if len(lines) == 1 else 'lines'} {shown}{more})"


def listed(words: Mapping[str, object] | list[str]) -> str:
    """Column names as people read them: "Foo", "Bar"."""
    return ", ".join(f'"{word}"' for word in words)
