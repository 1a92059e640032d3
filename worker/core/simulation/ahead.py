"""What comes next for one payer if nothing is paid and everybody does what is asked of them: its ladder, with dates."""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date

from worker.core.history import History
from worker.core.inference.learn import learn
from worker.core.receivable import Snapshot, snapshot_of
from worker.core.settings import Dispute, OrganisationSettings
from worker.core.simulation.drive import Course, Scene, play
from worker.core.simulation.payers import Habits

AHEAD = 90
"""Days looked ahead."""


def if_unpaid(
    snapshot: Snapshot,
    settings: OrganisationSettings,
    history: History,
    client_ids: AbstractSet[str],
    first: date,
    days: int = AHEAD,
) -> Course:
    """The next `days` of these clients (all that one payer answers for), with no money coming in and no new invoice."""
    mine = snapshot_of(
        snapshot.organisation,
        snapshot.read_at,
        tuple(snapshot.clients.values()),
        tuple(i for i in snapshot.invoices if snapshot.survivor(i.client_id) in client_ids),
        tuple(c for c in snapshot.credits if snapshot.survivor(c.client_id) in client_ids),
        tuple(p for p in snapshot.payments if snapshot.survivor(p.client_id) in client_ids),
    )
    never = tuple(Dispute(c, "nothing is paid") for c in client_ids)  # only for the payer's habits: nobody is told
    habits = Habits(settings, learn(settings, (), first), disputes=never)
    own = {id_: c for id_, c in settings.clients.items() if id_ in client_ids}
    rest = replace(settings, clients=own)
    return play("if nothing is paid", Scene(mine, rest, history, habits, first, days))
