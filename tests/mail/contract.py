"""What every mailer must do. Each mailer's test class inherits this and brings the other side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pytest

from tests.mail.letters import NOW, letter
from worker.core.settings import Address
from worker.ports import Mailer, Outcome


@dataclass(frozen=True)
class Arrived:
    """A letter as the other side has it: envelope (None where there is none), exact bytes, text part."""

    recipients: tuple[str, ...] | None
    raw: bytes
    text: str


class Far(Protocol):
    """The other side."""

    def arrived(self) -> Sequence[Arrived]:
        """What has come in so far."""


class MailerContract:
    """Subclasses give the fixtures `mailer` and `far`."""

    def test_hands_off_before_the_first_byte_and_delivers_once(self, mailer: Mailer, far: Far) -> None:
        made = letter()
        raw = mailer.prepare(made, NOW)
        seen: list[int] = []

        def handed() -> bool:
            seen.append(len(far.arrived()))
            return True

        receipt = mailer.send(made, raw, handed)
        assert receipt.outcome is Outcome.ACCEPTED, receipt
        assert seen == [0]
        (arrived,) = far.arrived()
        assert arrived.raw == raw
        assert arrived.text.replace("\r\n", "\n").rstrip() == made.text.rstrip()
        if arrived.recipients is not None:
            assert sorted(arrived.recipients) == sorted(a.email for a in (*made.to, *made.cc, *made.archive))

    def test_a_withdrawn_hand_off_sends_nothing_and_the_next_letter_goes(self, mailer: Mailer, far: Far) -> None:
        first, second = letter(1), letter(2)
        raw = mailer.prepare(first, NOW)
        assert mailer.send(first, raw, lambda: False).outcome is Outcome.NOT_SENT
        assert list(far.arrived()) == []
        assert mailer.send(second, mailer.prepare(second, NOW), lambda: True).outcome is Outcome.ACCEPTED
        assert [b"02020202" in a.raw for a in far.arrived()] == [True]

    def test_a_logbook_that_fails_at_the_hand_off_stops_the_letter(self, mailer: Mailer, far: Far) -> None:
        made = letter()

        def handed() -> bool:
            raise RuntimeError("disk full")

        with pytest.raises(RuntimeError, match="disk full"):
            mailer.send(made, mailer.prepare(made, NOW), handed)
        assert list(far.arrived()) == []
        assert mailer.send(made, mailer.prepare(made, NOW), lambda: True).outcome is Outcome.ACCEPTED
        assert len(far.arrived()) == 1

    def test_many_letters_in_one_sweep(self, mailer: Mailer, far: Far) -> None:
        for n in range(1, 6):
            made = letter(n, archive=(), cc=())
            assert mailer.send(made, mailer.prepare(made, NOW), lambda: True).outcome is Outcome.ACCEPTED
        assert len(far.arrived()) == 5
        assert len({a.raw for a in far.arrived()}) == 5

    def test_works_again_after_close_and_closes_twice(self, mailer: Mailer, far: Far) -> None:
        made = letter()
        mailer.close()
        assert mailer.send(made, mailer.prepare(made, NOW), lambda: True).outcome is Outcome.ACCEPTED
        mailer.close()
        mailer.close()
        assert len(far.arrived()) == 1

    @pytest.mark.parametrize("change", HOSTILE := [
        {"subject": "Invoices\r\nBcc: x@evil.example"},
        {"subject": "Invoices\nX"},
        {"subject": ""},
        {"subject": "nul\x00"},
        {"to": (Address("a@b.example\r\nBcc: x@evil.example"),)},
        {"to": (Address("a@x.example;b@y.example"),)},
        {"to": (Address("a@x.example, b@y.example"),)},
        {"to": (Address("everyone: a@x.example, b@y.example;"),)},
        {"to": (Address("priya@fern.example.org", "Priya\r\nBcc: x@evil.example"),)},
        {"to": (Address("priya@fern.example.org", "Priya\u202emoc.live"),)},
        {"cc": (Address("not an address"),)},
        {"archive": (Address("copies@localhost"),)},
        {"reply_to": Address("<ada@books.example.com>")},
        {"message_id": "a@b\r\nX: y"},
        {"references": ("a b@c",)},
        {"headers": {"Bcc": "x@evil.example"}},
        {"headers": {"X-A": "1\r\nBcc: x@evil.example"}},
        {"headers": {"X A": "1"}},
        {"text": "half a \ud800 pair"},
    ], ids=repr)  # fmt: skip
    def test_refuses_what_could_say_something_else(self, mailer: Mailer, far: Far, change: dict[str, object]) -> None:
        with pytest.raises(ValueError, match=r"."):
            mailer.prepare(letter(**change), NOW)
        assert list(far.arrived()) == []
