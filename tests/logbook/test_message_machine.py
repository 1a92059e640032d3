"""The message states against a model: several sweeps plan, claim, hand off, settle and crash in any order."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from tests.logbook.values import MINUTE, NOW, ORG, letter, remind
from worker.core.history import MessageState
from worker.errors import LogbookError
from worker.logbook import SqlLogbook, open_logbook
from worker.logbook.states import FREED
from worker.ports import Claim

GRACE = 15 * MINUTE
OUTCOMES = sorted(set(MessageState) - {MessageState.CLAIMED, MessageState.HANDED})


class Messages(RuleBasedStateMachine):
    """`live` are the invoices a message occupies, `handed` the (key, attempt) pairs that left, `refused` those of them
    whose refusal their owner read."""

    claims = Bundle("claims")
    keys = Bundle("keys")
    logbook: SqlLogbook

    @initialize()
    def open(self) -> None:
        """A new store in memory."""
        self.logbook = open_logbook("sqlite://")
        self.now = NOW
        self.live: dict[str, set[str]] = {}
        self.handed: list[tuple[str, int]] = []
        self.refused: set[tuple[str, int]] = set()

    def states(self) -> dict[str, MessageState]:
        """What the store says of each message."""
        return {m.key: m.state for m in self.logbook.messages(ORG)}

    @rule(minutes=st.sampled_from([1, 5, 15]))
    def time_passes(self, minutes: int) -> None:
        """Claims run out and hand-offs grow old."""
        self.now += minutes * MINUTE

    @rule(target=keys, invoices=st.sets(st.sampled_from(["i-1", "i-2", "i-3"]), min_size=1))
    def plan(self, invoices: set[str]) -> object:
        """Works exactly when no invoice is occupied."""
        free = not any(taken & invoices for taken in self.live.values())
        before = self.states()
        assert self.logbook.plan(ORG, "s", remind(*sorted(invoices)), self.now) == free
        new = self.states().keys() - before.keys()
        assert len(new) == free
        self.live.update(dict.fromkeys(new, invoices))
        return multiple(*new)

    @rule(target=claims, key=keys, holder=st.sampled_from("ab"))
    def claim(self, key: str, holder: str) -> object:
        """A claim stays in the bundle: a stalled sweep may come back with it at any time."""
        claim = self.logbook.claim(ORG, key, holder, self.now, 5 * MINUTE)
        return multiple() if claim is None else claim

    @rule(claim=claims)
    def hand(self, claim: Claim) -> None:
        """Only a claimed message can be handed off."""
        before = self.states()[claim.key]
        if self.logbook.hand(ORG, claim, letter(claim.key), b"bytes", "outbox", self.now):
            assert before is MessageState.CLAIMED
            self.handed.append((claim.key, claim.attempt))

    @rule(claim=claims, state=st.sampled_from(OUTCOMES))
    def settle_as_owner(self, claim: Claim, state: MessageState) -> None:
        """Somebody who holds, or held, the claim."""
        self.settle(claim.key, state, claim)

    @rule(claim=claims)
    def read_a_refusal(self, claim: Claim) -> None:
        """Often enough for second and third attempts."""
        self.settle(claim.key, MessageState.PLANNED, claim)

    @rule(key=keys, state=st.sampled_from(OUTCOMES))
    def settle_as_stranger(self, key: str, state: MessageState) -> None:
        """A person, or a webhook."""
        self.settle(key, state, None)

    def settle(self, key: str, state: MessageState, claim: Claim | None) -> None:
        """A key without a generation means the newest one; a refused transition changes nothing."""
        before = self.states()
        meant = [k for k in before if k == key or k.startswith(f"{key}~")][-1]
        try:
            self.logbook.settle(ORG, key, state, self.now, claim=claim)
        except LogbookError:
            assert self.states() == before
            return
        was = before[meant]
        assert {k: s for k, s in self.states().items() if s is not before[k]}.keys() <= {meant}
        assert not (was is MessageState.UNCERTAIN and state is MessageState.PLANNED)
        if (was, state) == (MessageState.HANDED, MessageState.PLANNED):
            assert claim is not None
            self.refused.add((claim.key, claim.attempt))
        if state in FREED:
            self.live.pop(meant, None)

    @rule()
    def recover(self) -> None:
        """What a new process does first."""
        for key in self.logbook.recover(ORG, self.now, GRACE):
            assert self.states()[key] is MessageState.UNCERTAIN

    @invariant()
    def never_two_hand_offs_without_a_refusal_that_was_read(self) -> None:
        """I1, I22."""
        for key in {k for k, _ in self.handed}:
            attempts = [a for k, a in self.handed if k == key]
            assert len(attempts) == len(set(attempts))
            assert all((key, a) in self.refused for a in sorted(attempts)[:-1])

    @invariant()
    def every_hand_off_is_on_record(self) -> None:
        """I2."""
        raw = {m.key: m.raw for m in self.logbook.messages(ORG, "c-1")}
        assert all(raw[key] for key, _ in self.handed)

    def teardown(self) -> None:
        """Close what was opened."""
        self.logbook.close()


TestMessages = Messages.TestCase
TestMessages.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)
