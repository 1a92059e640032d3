"""A random fortnight of two firms: money, edits and trouble at random, three sweeps a day, every letter judged as it
leaves, by the truth of the simulated books and never by what the worker believes."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from connectors.sandbox.company import Company, Organisation
from connectors.sandbox.server import Running
from tests.scenarios.delivery.stage import Stage
from tests.scenarios.delivery.town import address, client, invoice, uid
from worker.app import App
from worker.core.message import Letter
from worker.core.results import SweepResult
from worker.mail import memory
from worker.mail.memory import MemoryMailer, Turn
from worker.ports import Receipt

FIRMS = {"fern": "F", "oak": "K"}
START = datetime(2026, 3, 9, 6, 30, tzinfo=UTC)
HOURS = (7, 10, 15)
TURNS = (memory.LOST_REPLY, memory.LOST_LETTER, memory.BUSY, memory.REFUSED, memory.DROPPED_BEFORE)
UNSURE = (memory.LOST_REPLY, memory.LOST_LETTER)
TROUBLE = ("server error", "truncated", "forbidden", "wrong shape", "item count", "empty", "unauthorised")
KNOWN_GONE = {"accepted", "uncertain"}


def firm(name: str, chance: Random) -> Company:
    """Five clients with some invoices each, due before, in and after the fortnight."""
    events = []
    for c in range(5):
        who = f"{name}client{c}"
        events.append(client(who))
        for n in range(chance.randint(1, 3)):
            due = date(2026, 2, 20) + timedelta(days=chance.randint(0, 34))
            events += invoice(f"{FIRMS[name]}-{c}{n:02}", who, due, f"{chance.randint(40, 4000)}.00")
    return Company(Organisation(uid(name), f"{name.title()} Press Ltd", f"{name}.example.com"), 1, events)


@dataclass
class Judge:
    """Sees every letter at the moment it leaves. `wrong` collects what must not be; `arrived` what the far end has."""

    stage: Stage
    chance: Random
    app: App | None = None
    organisation: str = ""
    trouble: str = ""
    turns: Counter[str] = field(default_factory=Counter)
    arrived: Counter[str] = field(default_factory=Counter)
    unsure: set[str] = field(default_factory=set)
    thanked: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def says(self, holds: bool, law: str, letter: Letter) -> None:
        if not holds:
            self.wrong.append(f"{law}: {letter.to[0].email} at {self.now}\n{letter.text}")

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self.stage.clock.read_text(encoding="ascii"))

    def leaves(self, letter: Letter, raw: bytes, turn: Turn) -> None:
        """Called once `handed()` said yes, before the first byte."""
        assert self.app
        name, key = self.organisation, letter.key
        rows = [m for m in self.app.logbook.messages(name) if m.key.startswith(key)]
        whole = [m for m in self.app.logbook.messages(name, rows[-1].payer_id) if m.key == rows[-1].key] if rows else []
        self.says(bool(rows) and str(rows[-1].state) == "handed", "I2 handed before the first byte", letter)
        same = bool(whole) and hashlib.sha256(whole[0].raw).digest() == hashlib.sha256(raw).digest()
        self.says(same, "I2 the stored bytes are the ones that leave", letter)
        self.says(key not in self.unsure, "I22 uncertain is sticky", letter)
        self.says(not self.arrived[key], "I1 once", letter)
        self.says(self.trouble != name, "I6 an incomplete reading sends nothing", letter)
        local = self.now  # Europe/London is UTC until 29 March
        self.says(local.weekday() < 5 and 9 * 60 <= local.hour * 60 + local.minute < 16 * 60 + 30, "I19 hours", letter)
        self._about(letter)
        if turn in UNSURE:
            self.unsure.add(key)
        self.arrived[key] += turn.arrives

    def _about(self, letter: Letter) -> None:
        books = self.stage.running.world.books(uid(self.organisation))
        numbers = set(re.findall(r"\b[FK]-\d{3}\b", letter.text))
        named = [i for i in books.invoices.values() if i.number in numbers]
        self.says(len(named) == len(numbers) > 0, "I9 only this firm's invoices", letter)
        self.says(f"@{self.organisation}." in letter.sender.email, "I9 this firm's sender", letter)
        owners = {books.contacts[i.contact].email for i in named}
        self.says(owners == {a.email for a in letter.to}, "I10 the client's own address", letter)
        if letter.subject.startswith("Thank you"):
            paid = [
                p for p in books.payments.values() if p.status == "AUTHORISED" and p.invoice in {i.id for i in named}
            ]
            self.says(bool(paid), "I7 thanks for money only", letter)
            return
        table = letter.text.partition("To pay")[2].partition("In total")[0] or letter.text
        asked = [i for i in named if i.number in table]
        still = bool(asked) and all(i.status == "AUTHORISED" and i.open > 0 for i in asked)
        self.says(still, "I4 never chase paid", letter)
        self.says(all(f"{i.open:,.2f}" in table for i in asked), "I11 what is open now", letter)


class JudgedMailer(MemoryMailer):
    """A far end that answers at random and lets the judge see every letter."""

    def __init__(self, judge: Judge) -> None:
        super().__init__(iter(lambda: self._turn, None))
        self._judge = judge
        self._turn: Turn = memory.ACCEPTED

    def send(self, letter: Letter, raw: bytes, handed: Callable[[], bool]) -> Receipt:
        chance = self._judge.chance
        self._turn = chance.choice(TURNS) if chance.random() < 0.12 else memory.ACCEPTED

        def judged() -> bool:
            yes = handed()
            if yes:
                self._judge.leaves(letter, raw, self._turn)
            return yes

        return super().send(letter, raw, judged)


def judged_app(judge: Judge, disturb: Callable[[str], None]) -> type[App]:
    """An App whose letters the judge sees and whose books change right before a last look, now and then."""

    class JudgedApp(App):
        def mailer(self) -> Any:
            judge.app = self
            return JudgedMailer(judge)

        @contextmanager
        def books(self, organisation: Any) -> Iterator[Any]:
            judge.organisation = organisation.name
            with super().books(organisation) as books:
                look = books.look

                def disturbed(*asked: Any) -> Any:
                    if judge.chance.random() < 0.4:
                        disturb(organisation.name)
                    return look(*asked)

                books.look = disturbed
                yield books

    return JudgedApp


def happen(running: Running, stage: Stage, name: str, chance: Random) -> None:
    """One random thing in one firm's books; what the books cannot take does not happen."""
    books = running.world.books(uid(name))
    open_ = [i for i in books.invoices.values() if i.status == "AUTHORISED" and i.open > 0]
    paid = [p for p in books.payments.values() if p.status == "AUTHORISED"]
    kind = chance.choice(["pay", "pay", "part", "void", "back", "due", "mail"])
    told: dict[str, Any] | None = None
    if kind in {"pay", "part", "void", "due"} and open_:
        item = chance.choice(open_)
        told = {
            "pay": {"kind": "payment.add", "data": {"invoice": item.id}},
            "part": {"kind": "payment.add", "data": {"invoice": item.id, "amount": str(item.open / Decimal(4))[:7]}},
            "void": {"kind": "invoice.void", "id": item.id},
            "due": {"kind": "invoice.edit", "id": item.id, "data": {"due": f"2026-03-{chance.randint(1, 28):02}"}},
        }[kind]
    elif kind == "back" and paid:
        told = {"kind": "payment.delete", "id": chance.choice(paid).id}
    elif kind == "mail":
        who = f"{name}client{chance.randint(0, 4)}"
        told = {"kind": "contact.edit", "id": uid(who), "data": {"email": address(who).replace("accounts", "payables")}}
    if told:
        try:
            stage.control("events", told, tenant=uid(name))
        except AssertionError:
            return


def fortnight(stage: Stage, seed: int, days: int = 14) -> Judge:
    """Let it happen; three sweeps a day."""
    chance = Random(seed)
    judge = Judge(stage, chance)
    made = judged_app(judge, lambda name: happen(stage.running, stage, name, chance))
    for day in range(days):
        for hour in HOURS:
            stage.at(START.replace(hour=hour, minute=0) + timedelta(days=day))
            for name in FIRMS:
                if chance.random() < 0.3:
                    happen(stage.running, stage, name, chance)
            judge.trouble = chance.choice(list(FIRMS)) if chance.random() < 0.2 else ""
            fault = {"kind": chance.choice(TROUBLE), "endpoint": "Invoices", "times": 0, "tenant": uid(judge.trouble)}
            stage.control("faults", [fault] if judge.trouble else [])
            with stage.app(made) as app:
                _expect(judge, app.run(deliver=True))
    return judge


def _expect(judge: Judge, results: tuple[SweepResult, ...]) -> None:
    for result in results:
        if (result.organisation == judge.trouble) != bool(result.skipped):
            judge.wrong.append(f"{result.organisation} with trouble {judge.trouble!r}: skipped {result.skipped!r}")
