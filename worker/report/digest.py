"""The digest as subject, text and HTML. Whatever comes from books or clients is one clean line, cut to a length."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from worker.core.answers import MARKER
from worker.core.attention.item import Act, Item, Section
from worker.core.digest import Digest, Heard, Line, Money
from worker.core.message import Rendered
from worker.core.plain import one_line, shortened
from worker.core.words import amount, counted, day, money
from worker.report.digest_html import Block, Entry, page

SENTENCE, QUOTED, NAME = 400, 1000, 80
"""Characters of what is shown of one text."""
REASONS = 8
"""Reasons of the headline."""

_NOTHING = "Nothing needs you today."


def digest_words(digest: Digest) -> Rendered:
    """The mail's subject and its two parts, which say the same."""
    blocks = list(_blocks(digest))
    return Rendered(subject(digest), _text(digest, blocks), page(subject(digest), opening(digest), blocks))


def subject(digest: Digest) -> str:
    """What a phone shows; the token lets an answer find its digest where a mail program drops the reference."""
    counts = [
        (len(digest.of(Section.WRONG)) + sum(h.ignored for h in digest.heard), "trouble"),
        (len(digest.of(Section.DECIDE)), "decision"),
        (len(digest.of(Section.REPLIES)), "reply"),
        (len(digest.of(Section.CALLS)), "call"),
    ]
    told = [counted(n, what, "replies" if what == "reply" else "") for n, what in counts if n]
    going = sum(x.item.kind != "quiet" for x in digest.of(Section.TODAY)) + digest.more.get(Section.TODAY, 0)
    told += [f"{counted(going, 'message')} today"] if going else []
    tag = f" [{digest.token}]" if digest.token else ""
    return f"duecourse, {digest.day:%a %-d %b}: {', '.join(told) or 'all quiet'}{tag}"


def opening(digest: Digest) -> list[str]:
    """The lines before the first block."""
    firms = digest.organisations
    whose = firms[0] if len(firms) == 1 else counted(len(firms), "organisation")
    lines = [f"--- {MARKER} ---"] if digest.token else []
    lines.append(f"{digest.day:%A %-d %B %Y}, {whose}.")
    if digest.is_quiet:
        lines.append(_NOTHING)
    if any(line.code for line in digest.lines):
        until = f" and until {day(digest.until)}" if digest.until else ""
        lines.append(
            "Reply to this mail to decide: a word and the numbers of items, one order a line. The words: yes, no, "
            "done (and how it ended), hold (until a day), stop (today's message), pause (a client or organisation, "
            f"until a day), undo. The numbers work once{until}. A message can be stopped until it has left. Silence "
            "never approves."
        )
    return lines


def _blocks(digest: Digest) -> Iterator[Block]:
    yield _headline(digest.money)
    if digest.heard:
        yield Block("Your answers", [_heard(h) for h in digest.heard])
    for section in Section:
        lines = digest.of(section)
        if not lines:
            continue
        several = len(digest.organisations) > 1
        said = _said_by_all([line.item for line in lines])
        entries = [_entry(line, said, several=several) for line in lines]
        if said:
            entries.append(Entry("Each time:", details=[f"{what}: {_cut(words, SENTENCE)}" for what, words in said]))
        if more := digest.more.get(section, 0):
            entries.append(Entry(f"... and {more} more: duecourse digest --all shows them."))
        opens = f", from {digest.leaves_at:%H:%M}" if digest.leaves_at and section is Section.TODAY else ""
        yield Block(f"{section}{opens}", entries, loud=True)


def _headline(found: Iterable[Money]) -> Block:
    """Money nobody is chasing, by reason, over all organisations; then each organisation's own, where several."""
    each = list(found)
    nobody, owed = _sum(m.nobody for m in each), _sum(m.receivables for m in each)
    reasons: dict[str, list[tuple[int, dict[str, Decimal]]]] = defaultdict(list)
    for one in each:
        for label, invoices, amounts in one.reasons:
            reasons[label].append((invoices, dict(amounts)))
    rows = [(label, sum(n for n, _ in got), _sum(a for _, a in got)) for label, got in reasons.items()]
    rows.sort(key=lambda r: (-max(r[2].values(), default=Decimal(0)), r[0]))
    table = [(label, counted(n, "invoice"), money(sums)) for label, n, sums in rows[:REASONS]]
    if len(rows) > REASONS:
        rest = _sum(r[2] for r in rows[REASONS:])
        table.append(("other reasons", counted(sum(r[1] for r in rows[REASONS:]), "invoice"), money(rest)))
    if len(each) > 1:
        left = sorted((m for m in each if m.nobody), key=lambda m: (-max(m.nobody.values()), m.organisation))
        table += [(f"of it {m.organisation}", "", money(m.nobody)) for m in left[:REASONS]]
    shown = {c: v for c, v in nobody.items() if v}
    title = f"Money nobody is chasing: {money(shown) if each else 'not known, as no books could be read'}"
    beside = {c: v for c, v in owed.items() if v}
    return Block(title, [Entry(f"Of {money(beside)} owed in all.")] if beside else [], table)


def _sum(found: Iterable[object]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for amounts in found:
        for currency, value in dict(amounts).items():  # type: ignore[call-overload]
            sums[currency] = sums.get(currency, Decimal(0)) + value
    return sums


def _heard(heard: Heard) -> Entry:
    what = "Nothing was done" if heard.ignored else "Done"
    return Entry(f"{what}: {_cut(heard.sender, NAME)}: {_cut(heard.text, SENTENCE)}", wrong=heard.ignored)


_NOTHING_DONE = "If nothing is done"
_ALIKE = frozenset({_NOTHING_DONE, "ask", "do not"})
"""What may be said once for several calls; whom to ask for and what was said before belongs to each."""


def _told(item: Item) -> list[tuple[str, str]]:
    """What is said under an item: what happens without anybody, and a call's script."""
    then = [(_NOTHING_DONE, _lower(item.otherwise))] if item.otherwise and item.section in _AGES else []
    return [*then, *item.lines]


def _said_by_all(items: list[Item]) -> list[tuple[str, str]]:
    """What would stand under each of several calls alike is said once, below them."""
    if len(items) < 2 or items[0].section is not Section.CALLS:
        return []
    return [p for p in _told(items[0]) if p[0] in _ALIKE and all(p in _told(item) for item in items)]


def _entry(line: Line, said: list[tuple[str, str]], *, several: bool) -> Entry:
    item = line.item
    head = [item.organisation] if several else []
    head += [_cut(item.client, NAME)] if item.client else []
    figures = item.amounts if item.section not in _FIGURES_IN_WORDS else {}
    head += [", ".join(f"{c} {amount(v, c)}" for c, v in sorted(figures.items()))] if figures else []
    head += [f"since {day(item.since)}"] if item.since and item.section in _AGES else []
    details = [f"{what}: {_cut(words, SENTENCE)}" for what, words in _told(item) if (what, words) not in said]
    details += [f"Answer: {', '.join(_acts(item))}." if line.code else ""]
    if item.section not in {Section.TODAY, Section.MONEY}:
        details += [f"Type: {_cut(item.command, SENTENCE)}" if item.command else ""]
        details += [f"Or write: {_cut(item.config, SENTENCE)}" if item.config else ""]
    return Entry(
        _cut(item.sentence, SENTENCE),
        "; ".join(head),
        str(line.code) if line.code else "",
        [d for d in details if d],
        _quoted(item.quoted),
        item.section is Section.WRONG,
    )


_AGES = frozenset({Section.WRONG, Section.DECIDE, Section.REPLIES, Section.CALLS, Section.UNREACHED})
_FIGURES_IN_WORDS = frozenset({Section.MONEY, Section.DRAFTS})


def _acts(item: Item) -> list[str]:
    words = {
        Act.YES: "yes (it arrived)" if item.kind == "uncertain" else "yes",
        Act.NO: "no (it did not)" if item.kind == "uncertain" else "no",
        Act.DONE: "done" if item.kind == "stale-books" else "done, and how it ended",
        Act.HOLD: "hold",
        Act.STOP: "stop",
    }
    return [words[act] for act in item.acts]


def confirmation_words(told: Iterable[tuple[str, str, str, bool]], about: str, token: str) -> Rendered:
    """What became of each line of an answer (line, what was said, how to undo it, whether nothing was done)."""
    found = list(told)
    done = sum(not wrong for _, _, _, wrong in found)
    title = f"Done: {done} of {counted(len(found), 'line')}" if done else "Nothing was done"
    entries = [
        Entry(_cut(said, SENTENCE), _cut(line, NAME), "", [f"To undo: {undo}"] if undo else [], wrong=wrong)
        for line, said, undo, wrong in found
    ]
    tag = f" [{token}]" if f"[{token}]" not in about else ""
    line = shortened(one_line(about) or "your answer", 150)
    re = "" if line.lower().startswith("re:") else "Re: "
    block = Block(title, entries)
    opened = [f"--- {MARKER} ---"]
    text = [opened[0], "", title]
    for entry in entries:
        text += [f"- {entry.head}: {entry.sentence}", *(f"    {d}" for d in entry.details)]
    return Rendered(f"{re}{line}{tag}", "\n".join(text) + "\n", page(title, opened, [block]))


def _quoted(text: str) -> list[str]:
    cut = text if len(text) <= QUOTED else f"{text[: QUOTED - 1]}…"
    return [clean for line in cut.splitlines() if (clean := one_line(line))]


def _cut(text: str, limit: int) -> str:
    return shortened(one_line(text[: limit * 8]), limit)


def _lower(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"


def _text(digest: Digest, blocks: Iterable[Block]) -> str:
    lines: list[str] = []
    for said in opening(digest):
        lines += [said, ""]
    for block in blocks:
        lines += [block.title.upper() if block.loud else block.title]
        wide = max((len(row[0]) for row in block.table), default=0)
        lines += [f"  {row[0]:<{wide}}  {row[2]}  {row[1]}".rstrip() for row in block.table]
        for entry in block.entries:
            mark = f"[{entry.code}] " if entry.code else "- "
            lines.append(f"{mark}{f'{entry.head}: ' if entry.head else ''}{entry.sentence}")
            lines += [f"    | {line}" for line in entry.quoted]
            lines += [f"    {detail}" for detail in entry.details]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"
