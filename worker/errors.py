"""Every error duecourse raises on purpose, named by what the caller should do about it."""

from dataclasses import dataclass


class DuecourseError(Exception):
    """Base of all deliberate errors; its text is written for the person who reads the terminal."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with what a person wrote.

    `place` is "file:line" (line omitted when unknown); `found` what is there; `expected` what would be accepted;
    `todo` the next thing to do. `text()` is the form golden tests hold.
    """

    place: str
    found: str
    expected: str = ""
    todo: str = ""

    def text(self) -> str:
        """The problem in the one standard form: place, what was found, what was expected, what to do."""
        lines = [f"{self.place}: {self.found}"]
        if self.expected:
            lines.append(f"    expected: {self.expected}")
        if self.todo:
            lines.append(f"    do this:  {self.todo}")
        return "\n".join(lines)


class ConfigError(DuecourseError):
    """What people wrote cannot be used; carries every problem at once. Exit code 2."""

    def __init__(self, problems: list[Problem], where: str = "the configuration") -> None:
        """`problems` is never empty; they are shown in the order of their places, as problems in `where`."""
        self.problems = sorted(problems, key=lambda p: _in_file_order(p.place))
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(f"{count} in {where}\n" + "\n".join(p.text() for p in self.problems))


def _in_file_order(place: str) -> tuple[str, int]:
    file, _, line = place.rpartition(":")
    return (file, int(line)) if line.isdigit() and len(line) < 10 else (place, 0)


class BooksError(DuecourseError):
    """The books could not be read completely: no snapshot, hence no message for that organisation (I6).

    `todo` says what a person can do; `retry_after` is seconds when the platform said so.
    """

    def __init__(self, what: str, todo: str = "", retry_after: float | None = None) -> None:
        """`what` says what happened, in one sentence."""
        super().__init__(f"{what} {todo}".strip())
        self.what, self.todo, self.retry_after = what, todo, retry_after


class BooksUnavailable(BooksError):
    """Trouble that passes by itself: throttling, maintenance, a broken line. The next sweep tries again."""


class ConnectionBroken(BooksError):
    """The connection itself is refused (consent withdrawn, scope missing, tenant gone): a person must reconnect."""


class BooksGarbled(BooksError):
    """The platform answered, but not with something that can be trusted as a complete reading."""


class MailerBroken(DuecourseError):
    """The mailer refuses our credentials or cannot be set up: nothing more is sent in this sweep."""


class Refused(DuecourseError):
    """A guard or an instance check says no. Exit code 3."""


class LogbookError(DuecourseError):
    """The logbook cannot be trusted or used (corrupt, on a network disk, newer schema, held by another sweep)."""


class MailboxError(DuecourseError):
    """A mailbox cannot be read or written. Nothing is lost by it; `todo` says what a person can do."""

    def __init__(self, what: str, todo: str = "") -> None:
        """`what` says what happened, in one sentence."""
        super().__init__(f"{what} {todo}".strip())
        self.what, self.todo = what, todo
