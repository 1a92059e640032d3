"""Looks over the shoulder of a simulated course: every sweep's messages against the rules, told again by other code.

Nothing of `decide` is asked: only the books it saw, the settings it had, what left before, and the words themselves.
"""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import date

from tests.wording.reading import WORDING, data_of, figures_of, without
from worker.core.decide import decide
from worker.core.decisions import Plan, Remind, Thank
from worker.core.history import GONE, History, MessageKind
from worker.core.invariants import violations
from worker.core.message import MessageModel
from worker.core.money import Money, totals
from worker.core.policy import Policy, Stage, Track
from worker.core.receivable import Snapshot, snapshot_of
from worker.core.settings import OrganisationSettings
from worker.core.simulation.record import carried_out
from worker.core.threats import threats_in_letter
from worker.report.headline import headline

MONEY = re.compile(r"[£€$]\s?\d|\d[\d.,\s]*\d\s?[£€$]|\b(?:GBP|EUR|USD)\b")
NEVER = {"hold", "group-hold", "dispute", "dispute-review", "never-contact", "factored", "rule", "never-sent", "no-po"}
EVERY = 10
"""Sweeps between two that are decided twice over (I30)."""


@dataclass
class Watch:
    """The trace of one course, checked sweep by sweep; `languages`: the settings in each language besides its own."""

    settings: OrganisationSettings
    languages: dict[str, OrganisationSettings]
    sent: dict[str, list[date]] = field(default_factory=lambda: defaultdict(list))
    thanked: dict[str, date] = field(default_factory=dict)
    payments: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    reached: dict[tuple[str, int, str], int] = field(default_factory=dict)
    sweeps: int = 0
    rendered: Counter[str] = field(default_factory=Counter)

    def __call__(self, snapshot: Snapshot, plan: Plan, history: History) -> None:
        self.sweeps += 1
        assert headline(plan, snapshot).agrees
        assert Counter(s.invoice_id for s in plan.standings) == Counter(i.id for i in snapshot.invoices if i.is_open)
        gone = [d for d in plan.decisions if isinstance(d, Remind | Thank)]
        reminds = [d.payer_id for d in gone if isinstance(d, Remind)]
        assert len(reminds) == len(set(reminds)), "one message per payer per sweep (I18)"
        for decision in gone:
            assert violations(decision, snapshot, self.settings, history, plan.as_of) == []
            assert decision.key not in self.keys, "I1"
            self.keys.add(decision.key)
            self._hours(decision, plan)
            self._money(decision, snapshot)
            if isinstance(decision, Remind):
                self._remind(decision, snapshot, plan, history)
        if gone:
            self._words(snapshot, plan, history, gone)
        if self.sweeps % EVERY == 0:
            self._twice(snapshot, plan, history)

    # -- one message ---------------------------------------------------------------------------------------------------

    def _hours(self, decision: Remind | Thank, plan: Plan) -> None:
        """I19: on a day on which neither we nor they are closed; reminders never inside a quiet period."""
        day, theirs = plan.as_of.day, self.settings.clients[decision.payer_id]
        window = theirs.policy.window
        assert day.weekday() in window.days
        assert window.opens <= plan.as_of.at < window.closes
        assert self.settings.calendar.is_business_day(day)
        assert theirs.calendar.is_business_day(day)
        if isinstance(decision, Remind):
            assert not any(q.covers(day) and not q.hard_only for q in self.settings.quiet)
            if decision.granted:
                assert not any(q.covers(decision.granted) and not q.hard_only for q in self.settings.quiet)

    def _money(self, decision: Remind | Thank, snapshot: Snapshot) -> None:
        """I7, I8: for live money that settled something, once."""
        known = {p.id: p for p in snapshot.payments}
        for payment in decision.payments:
            assert known[payment.id].active
            assert not known[payment.id].historic
            assert any(a.amount > 0 for a in payment.allocations)
            assert payment.id not in self.payments
            self.payments.add(payment.id)
        if isinstance(decision, Thank):
            self.thanked[decision.payer_id] = max(p.date for p in decision.payments)

    def _remind(self, remind: Remind, snapshot: Snapshot, plan: Plan, history: History) -> None:
        day, payer = plan.as_of.day, remind.payer_id
        policy = self.settings.clients[payer].policy
        before = self.sent[payer]
        assert all((day - other).days >= 1 for other in before)
        calendar = self.settings.calendar
        if before:
            assert day >= policy.gap.from_(before[-1], calendar), "I16"
        assert sum((day - other).days < 7 for other in before) < 3, "I17"
        assert sum((day - other).days < 30 for other in before) < (policy.per_month or 10), "L1"
        thanks = [m.on for m in history.messages if m.kind is MessageKind.THANKS and m.payer_id == payer]
        assert not thanks or calendar.between(max(thanks), day) >= 2, "two business days after thanks"
        before.append(day)
        stops = {s.invoice_id for s in plan.standings if s.reason.code in NEVER}
        lines = (*remind.model.coming, *remind.model.overdue, *remind.model.demanded, *remind.model.also_open)
        assert not stops & {line.invoice_id for line in lines}, "I21"
        for line in lines:
            invoice = snapshot.by_id[line.invoice_id]
            assert invoice.is_open, "I4"
            assert (line.open.amount, line.open.currency) == (invoice.open, invoice.currency), "I11"
            assert self._payer_of(snapshot, invoice.client_id) == payer, "I10"
        self._order(remind, snapshot)
        if remind.stage is Stage.FINAL:
            assert remind.approval, "a final notice a person approved"
        asked = remind.model.demanded or (*remind.model.coming, *remind.model.overdue)
        assert {m.currency: m.amount for m in remind.model.gross} == totals(line.open for line in asked)
        assert all(m.amount > 0 for m in remind.model.net)

    def _order(self, remind: Remind, snapshot: Snapshot) -> None:
        """I18: steps rise strictly, per invoice and round."""
        for row in remind.advances:
            name, _, tag = row.step.partition("@")
            policy = self._policy(snapshot, row.invoice_id)
            step = policy.step(name)
            assert step is not None
            if step.track is Track.STATEMENT:
                continue
            place = (row.invoice_id, row.round, tag)
            assert policy.index(name) > self.reached.get(place, -1), "I18"
            self.reached[place] = policy.index(name)

    def _policy(self, snapshot: Snapshot, invoice_id: str) -> Policy:
        return self.settings.clients[snapshot.survivor(snapshot.by_id[invoice_id].client_id)].policy

    def _payer_of(self, snapshot: Snapshot, client_id: str) -> str:
        return snapshot.survivor(self.settings.clients[snapshot.survivor(client_id)].payer_id)

    # -- its words -----------------------------------------------------------------------------------------------------

    def _words(self, snapshot: Snapshot, plan: Plan, history: History, gone: list[Remind | Thank]) -> None:
        """Every message in every language: decided the same, and its words hold nothing they should not."""
        payers = {d.payer_id for d in gone}
        for language, settings in self.languages.items():
            told = decide(snapshot, settings, history, plan.as_of, only=payers)
            spoken = [d for d in told.decisions if isinstance(d, Remind | Thank)]
            assert [d.key for d in spoken] == [d.key for d in gone], "a language decides nothing"
            for decision in spoken:
                assert decision.model.language == language
                self._said(decision)
                self.rendered[language] += 1

    def _said(self, decision: Remind | Thank) -> None:
        model = decision.model
        made = WORDING.render(model)
        assert "\n" not in made.subject
        assert not MONEY.search(made.subject), "L14"
        assert model.payer not in made.subject, "L14"
        if not (isinstance(decision, Remind) and decision.stage is Stage.FINAL and decision.approval):
            assert threats_in_letter(f"{made.subject}\n{made.text}", model) == (), "L5"
        text = " ".join(made.text.split())
        for part in (made.text, made.html):
            assert "{{" not in part
            assert "{%" not in part
        assert len(made.html) < 1_000_000, "I27"
        wanted = model.received if isinstance(decision, Thank) else model.net
        shown = {" ".join(f.split()) for f in figures_of(model)}
        assert all(" ".join(f.split()) in text for m in wanted for f in figures_of(_only(model, m))), "I11"
        rest = without(text, shown | {" ".join(d.split()) for d in data_of(model)})
        assert not MONEY.search(rest), f"I11: an amount from nowhere in {rest}"

    # -- the whole plan ------------------------------------------------------------------------------------------------

    def _twice(self, snapshot: Snapshot, plan: Plan, history: History) -> None:
        """I30: the order of rows means nothing, and what was carried out is not decided again."""
        turned = snapshot_of(
            snapshot.organisation,
            snapshot.read_at,
            tuple(reversed(tuple(snapshot.clients.values()))),
            tuple(reversed(snapshot.invoices)),
            tuple(reversed(snapshot.credits)),
            tuple(reversed(snapshot.payments)),
        )
        settings = replace(self.settings, mode=self.settings.mode)
        assert decide(turned, settings, history, plan.as_of) == plan
        after = decide(snapshot, settings, carried_out(history, plan, plan.as_of.day), plan.as_of)
        assert not [d for d in after.decisions if isinstance(d, Remind | Thank)]


def _only(model: MessageModel, money: Money) -> MessageModel:
    """A model of the same language with nothing but this amount in it."""
    bare = MessageModel(model.template, model.language, "", "", "", model.signature, country=model.country)
    return replace(bare, net=(money,))


def once(history: History) -> None:
    """I1, over a whole course: no child row and no key twice."""
    rows = [(a.invoice_id, a.round, a.step) for m in history.messages if m.state in GONE for a in m.advances]
    assert len(rows) == len(set(rows))
    assert len({m.key for m in history.messages}) == len(history.messages)
