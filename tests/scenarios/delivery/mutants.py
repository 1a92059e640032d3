"""Ways to break the worker on purpose, a line or two each: a suite that cannot fail proves nothing."""

from dataclasses import dataclass

POINTS, LOOK, OVERLAP = "test_crash_points.py", "test_last_look.py", "test_overlap.py"
UPSTREAM, TRACES = "test_upstream.py", "test_traces.py"


@dataclass(frozen=True)
class Mutant:
    """`old` becomes `new` in `file`; the quick tests of `by` must notice."""

    name: str
    file: str
    old: str
    new: str
    by: str


GATE, SWEEP, OUTBOX = "worker/gate.py", "worker/sweep.py", "worker/mail/outbox.py"
MESSAGES = "worker/logbook/messages.py"

MUTANTS = (
    Mutant(
        "written before it is handed",
        OUTBOX,
        "            if not handed():\n",
        "            self._place(temporary, letter, _name(letter, raw, key), key)\n            if not handed():\n",
        POINTS,
    ),
    Mutant("handed without a record", GATE, "lost = not self.logbook.hand(", "lost = None is (", TRACES),
    Mutant("the last look is not looked at", GATE, "again = decide(fresh,", "again = decide(snapshot,", LOOK),
    Mutant("an old amount is sent", GATE, '                return d, ""', '                return decision, ""', LOOK),
    Mutant(
        "looks never grow old", GATE, "in_time = self.clock.monotonic() - began <= LOOK_LIFE", "in_time = True", LOOK
    ),
    Mutant("the kill switch is not asked", GATE, "if why := self.stopped():", 'if why := "":', LOOK),
    Mutant("a lost claim is settled", GATE, "if lost:", "if False:", OVERLAP),
    Mutant(
        "a lost reply is tried again",
        "worker/mail/smtp.py",
        'Receipt(Outcome.UNCERTAIN, detail=f"no reply',
        'Receipt(Outcome.NOT_SENT, detail=f"no reply',
        POINTS,
    ),
    Mutant(
        "uncertain goes back to planned",
        MESSAGES,
        '"state": MessageState.UNCERTAIN.value,',
        '"state": MessageState.PLANNED.value,',
        POINTS,
    ),
    Mutant("uncertain does not block", "worker/core/payer_guards.py", "    if uncertain:\n", "    if False:\n", POINTS),
    Mutant("left-overs stay planned", SWEEP, "for message in book.unfinished(name):", "for message in ():", POINTS),
    Mutant(
        "the lease is ignored",
        SWEEP,
        "if not book.lease(",
        "if book.lease(name, 'x', outfit.clock.now(), LEASE) and not book.lease(",
        OVERLAP,
    ),
    Mutant("the living count as dead", "worker/holder.py", "return _birth(int(pid)) != birth", "return True", OVERLAP),
    Mutant("the dead count as living", "worker/holder.py", "return _birth(int(pid)) != birth", "return False", OVERLAP),
    Mutant("preview delivers", SWEEP, "    if not outfit.deliver:\n", "    if False:\n", TRACES),
    Mutant(
        "thanks for money taken back",
        "worker/core/invariants.py",
        "if invoice is not None and invoice.paid < allocation.amount:",
        "if False:",
        LOOK,
    ),
    Mutant(
        "messages of every organisation",
        MESSAGES,
        "select(MESSAGE).where(MESSAGE.c.organisation == organisation).order_by",
        "select(MESSAGE).order_by",
        TRACES,
    ),
    Mutant(
        "a page that repeats is believed",
        "connectors/xero/walk.py",
        "if len(ids) != len(answer.rows) or ids & seen:",
        "if False:",
        UPSTREAM,
    ),
    Mutant(
        "a reading that failed is used",
        SWEEP,
        "    snapshot = read(outfit)\n",
        "    try:\n        snapshot = read(outfit)\n    except BooksError:\n"
        "        snapshot = book.snapshot(name) or read(outfit)\n",
        UPSTREAM,
    ),
)
