"""The bookkeeper's walk-through: besides being run as it is written, it shows what it is there to show."""

from tests.handbook.pages import pages
from tests.handbook.reader import Reader


def test_nothing_leaves_before_somebody_said_yes(reader: Reader) -> None:
    (page,) = (p for p in pages() if p.name == "docs/bookkeeper/walk-through.md")
    reader.follow(page)
    wanted = {"preview", "simulate", "hold", "explain", "promise", "release", "run", "approve", "log", "history"}
    assert wanted <= set(reader.ran)
    assert reader.letters[:2] == [0, 0]
    assert reader.letters[-1] == reader.letters[-2] + 1  # the approved notice, and nothing else
