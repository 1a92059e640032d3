"""The digest's answers once more, through the IMAP server most mailboxes of one's own run on."""

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.mail.digest_office import MORNING, OPEN, Office, body, code_of
from tests.mail.far_dovecot import dovecot, missing
from tests.mail.far_sink import smtp_sink
from tests.mail.test_digest import gone_live
from worker.core.events import EventKind

pytestmark = [pytest.mark.matrix, pytest.mark.skipif(bool(missing()), reason=missing())]


def test_a_stop_through_dovecot_is_obeyed_once_and_forgeries_are_not(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="dovecot-") as home, smtp_sink() as own, smtp_sink() as clients:
        Path(home).chmod(0o755)
        with dovecot(Path(home)) as server:
            post: Any = server
            office = Office(tmp_path, post, own, clients, "answers@practice.example.net")
            office.write()
            gone_live(office)
            office.run(MORNING)
            (digest,) = office.came()
            code = code_of(digest, "Birch")
            office.answer(digest, f"stop {code}", results="mx.attacker.example; dkim=pass header.d=example.com")
            office.answer(digest, f"stop {code}")
            office.answer(digest, f"hold {code_of(digest, 'Cole')} until 20 mar")
            for minutes in (10, 20):
                office.run(MORNING + timedelta(minutes=minutes))
            assert [("Birch" in body(m), "Cole" in body(m)) for m in office.came()] == [(True, False), (False, True)]
            assert len(office.events(EventKind.HOLD)) == 2
            office.run(OPEN)
            assert office.asked() == {"acme"}
            assert office.book
            office.book.close()
