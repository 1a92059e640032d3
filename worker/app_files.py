"""Books that are files: whether they could be read now, for `check`, which asks no platform and writes nothing."""

from collections.abc import Iterator

from connectors import connector
from worker.app import options_of
from worker.clock import SystemClock
from worker.config.values import CsvBooks, Practice
from worker.errors import BooksError, Problem

SHOWN = 25
"""Problems of one organisation's files that are listed."""


def file_problems(practice: Practice) -> Iterator[Problem]:
    """What would keep CSV books from being read, with file and line. Raises ConfigError for options that clash."""
    clock = SystemClock()
    for organisation in practice.organisations:
        if not isinstance(organisation.books, CsvBooks):
            continue
        books = connector("csv")(options_of(organisation), clock)
        try:
            for _ in books.read(None, clock.now()).pages():
                pass
        except BooksError as error:
            yield from error.problems[:SHOWN] or [Problem(organisation.place, error.what.rstrip("."), todo=error.todo)]
            if more := error.problems[SHOWN:]:
                place = f"{organisation.name}'s files"
                yield Problem(place, f"{len(more)} more problems", todo="correct those above, and check again")
