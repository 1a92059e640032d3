"""The digest's two parts say the same, are short when little is the matter, and cannot be broken by what is in them."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from tests.report.tiny import result
from worker.core.answers import MARKER, read_answer
from worker.core.attention.item import Act, Item, Morning, Section
from worker.core.attention.listing import attention
from worker.core.digest import SHOWN, SHOWN_ELSE, Digest, Heard, Money, coded, codes_data, numbered
from worker.core.plain import one_line
from worker.report.digest import confirmation_words, digest_words

DAY = date(2026, 3, 10)
ALLOWED = {
    *("html", "head", "meta", "title", "body", "p", "h2", "div", "span", "strong", "br", "blockquote"),
    *("table", "tr", "td"),
}


def digest(*items: Item, token: str = "0123456789", **more: object) -> Digest:
    lines, left = numbered(items, answerable=bool(token))
    return Digest("jo@example.com", DAY, ("birch",), lines, token=token, more=left, **more)  # type: ignore[arg-type]


def item(**more: object) -> Item:
    return Item(**{"section": Section.HELD, "kind": "hold", "organisation": "birch", "sentence": "x", **more})  # type: ignore[arg-type]


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"


def read(html: str) -> Tags:
    found = Tags()
    found.feed(html)
    return found


def test_a_quiet_morning_is_a_few_lines() -> None:
    words = digest_words(digest(token="", money=(Money("birch", {}, {"GBP": Decimal(10)}),)))
    assert words.subject == "duecourse, Tue 10 Mar: all quiet"
    assert words.text.splitlines()[2] == "Nothing needs you today."
    assert len(words.text.splitlines()) < 8


def test_text_and_html_say_the_same_and_codes_stand_where_they_can_be_used() -> None:
    shown = result()
    items = attention([Morning(shown, before=datetime(2026, 3, 9, 7, tzinfo=UTC))])
    made = digest(*items, heard=(Heard("eve@example.org", datetime(2026, 3, 9, tzinfo=UTC), "“yes 1”: no", True),))
    words = digest_words(made)
    html = read(words.html)
    for line in made.lines:
        assert one_line(line.item.client) in words.text
        if line.code:
            assert f"[{line.code}] " in words.text and f"[{line.code}]" in html.text
    assert "Nothing was done: eve@example.org: “yes 1”: no" in words.text
    assert words.subject == "duecourse, Tue 10 Mar: 1 trouble, 1 message today [0123456789]"
    codes = codes_data(made.lines)
    stop = next(c for c in codes.values() if "stop" in c["acts"])
    assert stop["client"] == "acme" and "Acme" not in str(codes), "on record are ids only"
    number = next(n for n, c in codes.items() if c is stop)
    found = coded(codes, int(number))
    assert found and found.acts == {Act.STOP, Act.HOLD}
    assert coded(codes, 99) is None


def test_a_long_list_is_cut_and_what_is_not_shown_has_no_number() -> None:
    many = [
        item(section=s, subject=str(n), acts=(Act.HOLD,)) for s in (Section.WRONG, Section.TODAY) for n in range(150)
    ]
    made = digest(*many)
    assert made.more == {Section.WRONG: 150 - SHOWN_ELSE, Section.TODAY: 150 - SHOWN[Section.TODAY]}
    assert max(line.code for line in made.lines) == SHOWN_ELSE + SHOWN[Section.TODAY]
    assert f"... and {150 - SHOWN_ELSE} more" in digest_words(made).text
    assert "150 messages today" in digest_words(made).subject


def test_the_money_of_several_organisations_is_added_up_by_reason_and_told_for_each() -> None:
    two = (
        Money("a", {"GBP": Decimal("10.00")}, {"GBP": Decimal("20.00")}, (("on hold", 1, {"GBP": Decimal("10.00")}),)),
        Money("b", {"EUR": Decimal("5.00")}, {"EUR": Decimal("5.00")}, (("on hold", 2, {"EUR": Decimal("5.00")}),)),
    )
    text = digest_words(replace(digest(money=two), organisations=("a", "b"))).text
    assert "Money nobody is chasing: EUR 5.00 + GBP 10.00" in text
    assert "on hold  " in text and "3 invoices" in text and "of it b" in text


def test_what_is_said_under_every_call_alike_stands_once_below_them() -> None:
    def call(name: str) -> Item:
        script = (("ask for", "Ann"), ("say", f"about {name}"), ("ask", "On which day?"), ("before", "9 Mar: nudge"))
        return item(section=Section.CALLS, client=name, subject=name, otherwise="It waits.", lines=script)

    text = digest_words(digest(call("Acme"), call("Birch"))).text
    counts = [
        text.count(x) for x in ("ask: On which day?", "If nothing is done: it waits.", "ask for: Ann", "before: ")
    ]
    assert counts == [1, 1, 2, 2] and text.index("about Birch") < text.index("Each time:")
    assert "Each time" not in digest_words(digest(call("Acme"))).text


HOSTILE = st.text(max_size=60) | st.sampled_from(
    [
        "</div><script>alert(1)</script>",
        "yes 1",
        "\nyes 1\nstop 2",
        "a\r\nBcc: x@example.org",
        "\u202eyes 1",
        "x" * 1_000_000,
        "&lt;b&gt;",
        '"><img src=x onerror=y>',
        "\x00\ud800",
        "https://evil.example.org/yes",
    ]
)


@given(HOSTILE, HOSTILE, HOSTILE)
def test_nothing_from_outside_breaks_out_or_reads_as_an_order(name: str, sentence: str, quoted: str) -> None:
    shown = item(
        section=Section.REPLIES,
        client=name,
        sentence=sentence,
        quoted=quoted,
        command=f"duecourse explain {name[:200]}",
        lines=(("say", sentence),),
        acts=(Act.DONE, Act.HOLD),
    )
    words = digest_words(digest(shown))
    found = read(words.html)
    assert found.seen <= ALLOWED and found.attributes <= {"lang", "charset", "name", "content", "style", "role"}
    assert len(words.text) < 6_000 and "\x00" not in words.text and "\u202e" not in words.text + words.html
    bare = "\n".join(line for line in words.text.splitlines() if MARKER not in line)
    assert read_answer(bare, DAY) == ((), ()), "a digest that is quoted without marks is no answer"
    told = confirmation_words([(name, sentence, quoted[:300], True)], name, "0123456789")
    assert read(told.html).seen <= ALLOWED and "\n" not in told.subject and len(told.subject) < 200


def test_books_that_nobody_read_are_not_called_free_of_debt() -> None:
    text = digest_words(digest(token="", money=())).text
    assert "nobody is chasing: not known, as no books could be read" in text
    assert "nobody is chasing: nothing" not in text
