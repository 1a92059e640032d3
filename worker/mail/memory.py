"""A mailer that keeps letters in memory and behaves as scripted: for simulations and tests, and nothing leaves."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from worker.core.message import Letter
from worker.mail.mime import prepared
from worker.ports import Outcome, Reach, Receipt


@dataclass(frozen=True, slots=True)
class Turn:
    """How one hand-off goes. `before`: it ends before `handed()` is called; `arrives`: the other side keeps a copy,
    whatever we get to read (an uncertain hand-off may or may not arrive)."""

    receipt: Receipt
    before: bool = False
    arrives: bool = False


ACCEPTED = Turn(Receipt(Outcome.ACCEPTED), arrives=True)
DROPPED_BEFORE = Turn(Receipt(Outcome.NOT_SENT, detail="the line broke before the letter"), before=True)
LOST_REPLY = Turn(Receipt(Outcome.UNCERTAIN, detail="the reply was lost"), arrives=True)
LOST_LETTER = Turn(Receipt(Outcome.UNCERTAIN, detail="the line broke in the letter"))
REFUSED = Turn(Receipt(Outcome.REJECTED, detail="550 no such mailbox"))
BUSY = Turn(Receipt(Outcome.LATER, detail="451 try later", retry_after=60.0))
BAD_CREDENTIAL = Turn(Receipt(Outcome.CREDENTIAL, detail="535 who are you"), before=True)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A letter that arrived, with its exact bytes."""

    letter: Letter
    raw: bytes


class MemoryMailer:
    """The Mailer port. `script` is played a turn a letter; when it runs out everything is accepted."""

    name = "memory"

    def __init__(self, script: Iterable[Turn] = (), *, reach: Reach = Reach.FOLDER) -> None:
        """`reach` is what it claims, for guards that look at it."""
        self.reach = reach
        self.delivered: list[Delivered] = []
        self._script = iter(script)

    def prepare(self, letter: Letter, now: datetime) -> bytes:
        """MIME bytes, read back and compared. Raises ValueError."""
        return prepared(letter, now)

    def send(self, letter: Letter, raw: bytes, handed: Callable[[], bool]) -> Receipt:
        """Plays the next turn."""
        turn = next(self._script, ACCEPTED)
        if turn.before:
            return turn.receipt
        if not handed():
            return Receipt(Outcome.NOT_SENT, detail="the hand-off was withdrawn")
        if turn.arrives:
            self.delivered.append(Delivered(letter, raw))
        return turn.receipt

    def close(self) -> None:
        """Nothing to close."""
