"""Killed at a named moment, then left to fresh processes: nothing twice, nothing lost, and nothing guessed."""

import signal
from datetime import timedelta

import pytest

from tests.scenarios.delivery.child import Doom
from tests.scenarios.delivery.conftest import OpenStage
from tests.scenarios.delivery.oracle import DAY, SOON, check, resolve, uncertain_of, until_quiet
from tests.scenarios.delivery.post import DOT, HALF
from tests.scenarios.delivery.stage import Ended, Stage
from tests.scenarios.delivery.town import CLIENTS, TEN, address

MAILERS = ("outbox", "smtp")
POINTS = {
    "lease taken": Doom("logbook.lease", "after"),
    "reading not committed": Doom("mirror.finish", "before"),
    "reading committed": Doom("mirror.finish", "after"),
    "C0 before the plan is written": Doom("logbook.plan", "before", 2),
    "C1 planned": Doom("logbook.plan", "after", 2),
    "C2 claimed": Doom("logbook.claim", "after", 2),
    "C3 looked": Doom("books.look", "after"),
    "C3 worded": Doom("mailer.prepare", "after", 2),
    "C4 handed, nothing written": Doom("logbook.hand", "after", 2),
    "C5 within the letter": Doom("outbox.link", "before", 2),
    "C6 accepted, no reply read": Doom("outbox.link", "after", 2),
    "C7 reply read, not stored": Doom("logbook.settle", "before", 2),
    "C8 outcome stored": Doom("logbook.settle", "after", 2),
    "C9 before the end": Doom("logbook.unlease", "before"),
}
GONE = ("C6", "C7")
UNSURE = ("C4", "C5", *GONE)


def killed(stage: Stage, doom: Doom) -> Ended:
    """Run into it; make sure it died where it was meant to."""
    step = {"before": HALF, "after": DOT}[doom.when]
    if doom.op == "outbox.link" and stage.post:
        stage.post.on(step, doom.nth, stage.kill_from_afar)
        ended = stage.run()
        assert not stage.post.pending, "the far end never struck"
    else:
        ended = stage.run(doom)
        assert ended.struck == str(doom)
    assert ended.status == -signal.SIGKILL
    return ended


@pytest.mark.parametrize("mailer", MAILERS)
def test_a_run_without_trouble_delivers_four_letters(open_stage: OpenStage, mailer: str) -> None:
    stage = open_stage(mailer)
    ended = stage.run()
    assert ended.code == 0
    assert sorted(m.to for m in stage.mails()) == sorted(address(c) for c in CLIENTS)
    until_quiet(stage, SOON, DAY)
    check(stage, uncertain=0)


QUICK = {("outbox", "sqlite"), ("smtp", "sqlite"), ("outbox", "postgresql")}
STORES = [
    pytest.param(mailer, store, marks=[] if (mailer, store) in QUICK else pytest.mark.matrix)
    for mailer in MAILERS
    for store in ("sqlite", "postgresql")
]


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize(("mailer", "store"), STORES)
def test_killed_at(open_stage: OpenStage, mailer: str, store: str, point: str) -> None:
    stage = open_stage(mailer, store=store)
    killed(stage, POINTS[point])
    until_quiet(stage)
    unsure = point.startswith(UNSURE)
    check(stage, uncertain=int(unsure))
    if not unsure:
        return
    (key,) = uncertain_of(stage)
    gone = point.startswith(GONE)
    assert gone == (key in {m.key for m in stage.mails()})
    resolve(stage, key, sent=gone)
    assert stage.run().code == 0
    check(stage, uncertain=0)
    assert len(stage.mails()) == len(CLIENTS)


@pytest.mark.parametrize(("step", "gone"), [(HALF, False), (DOT, True)])
def test_the_line_breaks(open_stage: OpenStage, step: str, gone: bool) -> None:
    """Nobody dies: the far end hangs up in the letter, or after its dot without a reply."""
    stage = open_stage("smtp")
    assert stage.post
    stage.post.on(step, 2, lambda: None)
    ended = stage.run()
    assert ended.code == 1 and len(ended.results[0]["uncertain"]) == 1
    assert [o for _, o in ended.results[0]["sent"]].count("accepted") == 3
    until_quiet(stage)
    check(stage, uncertain=1)
    assert gone == (uncertain_of(stage)[0] in {m.key for m in stage.mails()})


@pytest.mark.parametrize("again", [Doom("logbook.recover", "after"), Doom("logbook.plan", "after")], ids=str)
def test_killed_again_while_recovering(open_stage: OpenStage, again: Doom) -> None:
    stage = open_stage("smtp")
    killed(stage, POINTS["C7 reply read, not stored"])
    killed(stage.at(TEN + timedelta(minutes=1)), again)
    until_quiet(stage)
    check(stage, uncertain=1)


@pytest.mark.parametrize("sent", [True, False], ids=["it was sent", "it was not"])
def test_a_resolution_frees_the_ladder(open_stage: OpenStage, sent: bool) -> None:
    """Uncertain blocks its payer for weeks; resolved as sent, the next step follows and the same is never repeated."""
    stage = open_stage("outbox")
    killed(stage, POINTS["C4 handed, nothing written"])
    later = TEN + timedelta(days=21)
    stage.but(reconciled=later.date().isoformat())
    stage.at(later).run()
    (key,) = uncertain_of(stage)
    (client,) = {address(c) for c in CLIENTS} - {m.to for m in stage.mails()}
    resolve(stage, key, sent=sent)
    stage.at(later + timedelta(hours=1)).run()
    (mail,) = [m for m in stage.mails() if m.to == client]
    assert (mail.key == key) is not sent
