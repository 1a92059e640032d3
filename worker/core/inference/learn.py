"""From what an organisation's clients paid to what is believed of each payer, and to settings that use it.

Nothing a person wrote is ever changed: a learnt run is used only where nobody wrote one, never quoted in wording, and
only when it is as sure as the client's policy asks for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from worker.core.inference.answer import HORIZON, SHOWN, Cycle, infer
from worker.core.inference.evidence import Evidence, Settled, evidence_of
from worker.core.inference.keep import Kept, mark_of, packed, unpacked
from worker.core.inference.rules import Candidate, Family, Library
from worker.core.inference.score import Belief, beliefs
from worker.core.settings import ClientSettings, OrganisationSettings

LOOKED_BACK = timedelta(days=3 * 366)
"""How far back payments are read: older ones tell of an older client."""

AGREES = 0.5
"""At least this share of the newest payments must lie on a written run's dates, or it is said that they do not."""


@dataclass(frozen=True, slots=True)
class Paid:
    """One invoice of a client, settled; the day is that of the first money that came for it."""

    client_id: str
    invoice_id: str
    settled: Settled


@dataclass
class Learnt:
    """What is known of every payer's payments, as of `day`. Cycles are inferred when asked for, each once.

    `kept` are beliefs from earlier, by payer; `fresh` those that had to be weighed anew and should be kept now.
    """

    settings: OrganisationSettings
    day: date
    _settled: Mapping[str, list[Settled]]
    kept: Mapping[str, Kept] = field(default_factory=dict)
    fresh: dict[str, Kept] = field(default_factory=dict)
    _evidence: dict[str, Evidence] = field(default_factory=dict)
    _cycles: dict[str, Cycle] = field(default_factory=dict)
    _libraries: dict[int, Library] = field(default_factory=dict)

    def evidence(self, payer_id: str) -> Evidence:
        """The payments of all the clients this payer answers for."""
        if payer_id not in self._evidence:
            self._evidence[payer_id] = evidence_of(self._settled.get(payer_id, ()))
        return self._evidence[payer_id]

    def everyone(self) -> Evidence:
        """All payments to the organisation: for the forecast of clients that never paid before."""
        return evidence_of(one for settled in self._settled.values() for one in settled)

    def cycle(self, payer_id: str) -> Cycle:
        """What is believed of this payer's cycle."""
        if payer_id not in self._cycles:
            evidence, library = self.evidence(payer_id), self.library(payer_id)
            found = self._beliefs(payer_id, evidence, library) if evidence.dates else None
            self._cycles[payer_id] = infer(evidence, library, self.day, found)
        return self._cycles[payer_id]

    def _beliefs(self, payer_id: str, evidence: Evidence, library: Library) -> tuple[Belief, ...]:
        mark, known = mark_of(evidence, library), self.kept.get(payer_id)
        if known and known.mark == mark:
            return unpacked(known.beliefs, library)
        found = tuple(beliefs(evidence, library))
        self.fresh[payer_id] = Kept(mark, packed(found, library))
        return found

    def written(self, chosen: ClientSettings) -> tuple[Belief, ...]:
        """The run a person wrote for a client, as the one thing believed; () when nobody did.

        How well it is kept is judged by its newest payments, unless they contradict it: the person may know better.
        """
        schedule = chosen.schedule
        if schedule is None or is_learnt(chosen):
            return ()
        library, dates = self.library(chosen.payer_id), self.evidence(chosen.payer_id).dates[-SHOWN:]
        mask = library.mask(library.number(d) for d in schedule.runs(library.first, library.last))
        share = mask.bit_count() / max(1, library.business.bit_count())
        rule = Candidate(Family.ANY, schedule.rule, mask, share, 1.0)
        hits = (mask & library.mask(library.number(d) for d in dates)).bit_count()
        agrees = hits >= AGREES * len(dates)
        return (Belief(rule, 1.0, hits, len(dates)) if agrees else Belief(rule, 1.0),)

    def library(self, payer_id: str) -> Library:
        """The candidates on this payer's calendar; clients with the same holidays share one."""
        chosen = self.settings.clients.get(payer_id)
        calendar = chosen.calendar if chosen else self.settings.calendar
        key = id(calendar.holidays)
        if key not in self._libraries:
            # Whole years, so that what was weighed yesterday still counts today.
            first, last = self.day - LOOKED_BACK, self.day + timedelta(days=2 * HORIZON + 400)
            self._libraries[key] = Library(calendar, date(first.year, 1, 1), date(last.year, 12, 31))
        return self._libraries[key]

    def contradiction(self, chosen: ClientSettings) -> str:
        """Why a written run does not look like what is seen, in a clause; "" when it does or too little is known."""
        evidence, schedule = self.evidence(chosen.payer_id), chosen.schedule
        if schedule is None or not evidence.enough or is_learnt(chosen):
            return ""
        dates = evidence.dates[-SHOWN:]
        hits = sum(bool(schedule.runs(d, d)) for d in dates)
        if hits >= AGREES * len(dates):
            return ""
        seen = self.cycle(chosen.payer_id).why
        return f"only {hits} of its last {len(dates)} payments fell on the run written down; seen: {seen}"


def learn(
    settings: OrganisationSettings, paid: Iterable[Paid], day: date, kept: Mapping[str, Kept] | None = None
) -> Learnt:
    """Arrange what was paid up to `day` by payer. Payments before `LOOKED_BACK` are left out.

    `kept` are beliefs from earlier; a payer whose evidence is still the same is not weighed again.
    """
    by_payer: dict[str, list[Settled]] = defaultdict(list)
    for one in paid:
        chosen = settings.clients.get(one.client_id)
        if day - LOOKED_BACK <= one.settled.paid <= day:
            by_payer[chosen.payer_id if chosen else one.client_id].append(one.settled)
    return Learnt(settings, day, by_payer, kept or {})


def with_learnt(learnt: Learnt, wanted: Set[str]) -> OrganisationSettings:
    """The settings with learnt schedules for those of the `wanted` clients nobody wrote one for, and with what is seen
    of those whose payments contradict what was written."""
    settings = learnt.settings
    clients = dict(settings.clients)
    for client_id in sorted(wanted & clients.keys()):
        chosen = clients[client_id]
        if against := learnt.contradiction(chosen):
            clients[client_id] = replace(chosen, doubt=against)
        if chosen.schedule is None and "pays" not in chosen.places:
            cycle = learnt.cycle(chosen.payer_id)
            if cycle.rule and cycle.confidence >= chosen.policy.confidence:
                clients[client_id] = replace(chosen, schedule=cycle.schedule(chosen.calendar), run_stated=False)
    return replace(settings, clients=clients)


def is_learnt(chosen: ClientSettings) -> bool:
    """True when the client's schedule is one that nobody wrote."""
    return chosen.schedule is not None and "pays" not in chosen.places
