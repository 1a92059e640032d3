"""SendGrid's lists: each entry heard once, and never taken for another mailer's letter; and who hears at all."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import responses

from tests.config.helpers import practice
from tests.logbook.values import INVOICE, MINUTE, NOW, ORG, letter, read, remind
from worker.app_mail import Post
from worker.app_replies import Ear, listening
from worker.clock import SystemClock
from worker.config.values import MailSettings, SendGridSettings, SmtpSettings
from worker.core.history import MessageState, ReplyKind
from worker.core.secret import Secret
from worker.core.settings import Listening, Mode
from worker.errors import MailboxError
from worker.logbook import SqlLogbook
from worker.logbook.store import open_logbook
from worker.mail.sendgrid import ENDPOINT
from worker.mail.suppressions import LISTS, suppressed

TO = "accounts@quay.example.com"
LATER = NOW + timedelta(hours=2)


def entry(email: str = TO, at: int = 30, **more: Any) -> dict[str, Any]:
    """One row as SendGrid writes it, `at` minutes after the letter."""
    when = int((NOW + at * MINUTE).timestamp())
    return {"created": when, "email": email, "reason": "550 no such user", "status": "5.1.1", **more}


def lists(**rows: list[dict[str, Any]]) -> None:
    for name in LISTS:
        responses.get(f"{ENDPOINT}/v3/suppression/{name}", json=rows.get(name, []))


@pytest.fixture
def logbook(tmp_path: Path) -> SqlLogbook:
    """Two letters that SendGrid took, and one that another mailer did."""
    made = open_logbook(str(tmp_path / "logbook.db"))
    read(made, invoices=(INVOICE,))
    for n, mailer in enumerate(("sendgrid", "smtp", "sendgrid")):
        decision = remind(f"i-{n}", key=f"{n}" * 32)
        made.plan(ORG, "s", decision, NOW + n * MINUTE)
        claim = made.claim(ORG, decision.key, "me", NOW + n * MINUTE, MINUTE)
        assert claim
        made.hand(ORG, claim, letter(decision.key), b"{}", mailer, NOW + n * MINUTE)
        made.settle(ORG, decision.key, MessageState.ACCEPTED, NOW + n * MINUTE, claim=claim)
    return made


def ear(logbook: SqlLogbook, tmp_path: Path) -> Ear:
    (organisation,) = practice(tmp_path, f"organisations: {{{ORG}: {{books: {{kind: sandbox}}}}}}\n").organisations
    mail = MailSettings("sendgrid", tmp_path, sendgrid=SendGridSettings(Secret("SG.x"), suppressions=True))
    clock = SystemClock(LATER)
    return Ear(logbook, clock, Post(clock, lambda: pytest.fail("no token is needed")), organisation, mail)


@responses.activate
def test_a_suppressed_letter_is_known_not_to_have_been_heard(logbook: SqlLogbook, tmp_path: Path) -> None:
    lists(bounces=[entry(), entry("nobody@else.example.com")], spam_reports=[])
    listener = ear(logbook, tmp_path)
    assert listener.listen() == ""
    assert listener.listen() == ""
    states = {m.key[0]: m.state for m in logbook.messages(ORG)}
    assert states == {"0": MessageState.ACCEPTED, "1": MessageState.ACCEPTED, "2": MessageState.BOUNCED}
    (reply,) = logbook.history(ORG).replies
    assert (reply.what, reply.about, reply.message[0]) == (ReplyKind.BOUNCE, f"{TO}: bounced", "2")
    asked = [int(c.request.params["start_time"]) for c in responses.calls if "bounces" in c.request.url]  # type: ignore[union-attr]
    newest = int((NOW + 30 * MINUTE).timestamp())
    assert asked[1] == newest - 24 * 3600, "overlaps, since the lists are not in order of time"
    assert responses.calls[0].request.headers["Authorization"] == "Bearer SG.x"


@responses.activate
def test_an_entry_older_than_a_letter_is_not_about_it_and_a_complaint_is_one(
    logbook: SqlLogbook, tmp_path: Path
) -> None:
    lists(blocks=[entry(at=-60)], spam_reports=[entry(at=1, ip="192.0.2.1")])
    assert ear(logbook, tmp_path).listen() == ""
    states = {m.key[0]: m.state for m in logbook.messages(ORG)}
    assert states["0"] is MessageState.ACCEPTED
    assert states["2"] is MessageState.COMPLAINED


@responses.activate
def test_pages_are_read_to_the_end() -> None:
    page = [entry(f"a{n}@x.example.com") for n in range(500)]
    responses.get(f"{ENDPOINT}/v3/suppression/bounces", json=page)
    responses.get(f"{ENDPOINT}/v3/suppression/bounces", json=page[:3])
    lists()
    assert len(suppressed("SG.x", ENDPOINT, NOW)) == 503
    assert [c.request.params["offset"] for c in responses.calls][:2] == ["0", "500"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"status": 403, "json": {}}, "does not let the key read"),
        ({"status": 500, "body": "no"}, r"cannot be read \(500\)"),
        ({"body": "<html>"}, "cannot be read"),
        ({"json": [{"email": "x"}]}, "cannot be read"),
        ({"body": requests.ConnectionError("gone")}, "cannot be read"),
    ],
)
@responses.activate
def test_what_cannot_be_read_is_said_without_the_key(answer: dict[str, Any], said: str) -> None:
    responses.get(f"{ENDPOINT}/v3/suppression/bounces", **answer)
    with pytest.raises(MailboxError, match=said) as caught:
        suppressed("SG.canary", ENDPOINT, NOW)
    assert "canary" not in str(caught.value)


def test_who_hears_answers_at_all(tmp_path: Path) -> None:
    away = MailSettings("smtp", tmp_path, SmtpSettings("smtp.example.com", 587, "starttls"))
    here = MailSettings("smtp", tmp_path, SmtpSettings("127.0.0.1", 25, "plain"))
    text = "mail: {imap: {host: i.example.com, user: u, password from: {env: W}}, replies: {}}\n"
    watched = practice(tmp_path, f"{text}organisations: {{a: {{books: {{kind: sandbox}}}}}}\n", W="x").mail
    assert watched.watched
    assert listening(Mode.LIVE, watched) is Listening.WATCHED
    assert listening(Mode.LIVE, away) is Listening.DEAF
    assert (
        listening(Mode.LIVE, MailSettings("sendgrid", tmp_path, sendgrid=SendGridSettings(Secret("k"))))
        is Listening.DEAF
    )
    assert listening(Mode.PREVIEW, away) is Listening.REHEARSAL
    assert listening(Mode.LIVE, here) is Listening.REHEARSAL
    assert listening(Mode.LIVE, MailSettings("outbox", tmp_path)) is Listening.REHEARSAL
