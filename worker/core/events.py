"""The append-only record of what people said and what the engine noticed: one row each, never changed.

`History` is these rows replayed (`worker.core.replay`) beside the messages. `data` holds JSON values only: text,
whole numbers, booleans, lists and objects of them; dates as ISO text, amounts as exact decimal text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class EventKind(StrEnum):
    """What happened. The comment behind each lists the keys of `data`; `subject` is named first."""

    HOLD = "hold"  # subject client id; why, until?, invoice?
    RELEASE = "release"  # subject client id; invoice?
    PROMISE = "promise"  # subject client id; by, invoices[], by_client
    PROMISE_OFF = "promise-off"  # subject client id; invoices[]: there is no such promise (any more)
    PAUSE = "pause"  # subject ""; from, until, why: a quiet period of the whole organisation
    RESUME = "resume"  # subject ""; on: recorded quiet periods are over
    PLAN = "plan"  # subject client id; id, invoices[], currency, parts[[iso date, amount]]
    PLAN_OFF = "plan-off"  # subject client id; id: the plan is over, the ladder goes on
    DISPUTE = "dispute"  # subject client id; reason, invoices[], owner, review?
    SETTLE = "settle"  # subject client id; invoices[]: the dispute is over
    LOG = "log"  # subject client id; what, on, invoices[], step?: the rung that contact was, before duecourse
    LOG_OFF = "log-off"  # subject client id; what, on, invoices[]: that contact was put on record by mistake
    TASK = "task"  # subject task id; payer, kind, step, advances[], why
    DONE = "done"  # subject task id; outcome, note, again?
    PAYS = "pays"  # subject client id; pays?, cut_off?, stated: when it pays; without pays: taken back
    RECONCILED = "reconciled"  # subject ""; on
    APPROVE = "approve"  # subject approval id; kind, names[], amounts{}, limit
    REJECT = "reject"  # subject approval id; why
    USED = "used"  # subject approval id
    PROPOSED = "proposed"  # subject approval id; kind, names[], amounts{}, limit, sentence
    BASELINE = "baseline"  # subject ""; identity, backlog
    PASSED = "passed"  # subject invoice id; round, step, on
    WAITED = "waited"  # subject invoice id; round, step, until, ordinary?: without the run
    REOPENED_OK = "reopened-ok"  # subject invoice id; round: a person looked at the re-opened invoice
    ADDRESS_OK = "address-ok"  # subject payer id; email: a person confirmed the changed address
    FORECAST = "forecast"  # subject ""; days{iso date: count}
    SWEEP = "sweep"  # subject sweep id; state (started|finished|crashed), mode, counts{}
    REPLY = "reply"  # subject payer id; id, what (see ReplyKind), on, from, about, text, until?, message?
    WATCHED = "watched"  # subject mailbox and folder; validity, uid: what was looked at up to here
    NOTE = "note"  # subject invoice id; key, text: written to the books' history
    STOOD = "stood"  # subject ""; on, began[], ended[]: what is held from that day on, and no longer
    DIGEST = "digest"  # subject recipient; day, id, claim, codes{}, until: recorded before it is sent
    DIGESTED = "digested"  # subject recipient; id, outcome, detail
    ANSWER = "answer"  # subject sender; digest, claim, did[], ignored: an answer to a digest, by its Message-ID
    ANSWERED = "answered"  # subject digest id and code; by, verb, answer, undo{}: a code that is used up
    SKIPPED = "skipped"  # subject ""; what, todo: organisation not read, nobody chased


@dataclass(frozen=True, slots=True)
class Event:
    """One row. `key`, when given, is unique per organisation: a second row with it is silently not written."""

    kind: EventKind
    at: datetime
    subject: str = ""
    by: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    id: int = 0
