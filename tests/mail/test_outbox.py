"""The outbox folder and the memory mailer."""

import email
import email.policy
from pathlib import Path

import pytest

from tests.mail.contract import Arrived, MailerContract
from tests.mail.letters import NOW, letter
from worker.core.settings import Address
from worker.mail import memory
from worker.mail.memory import MemoryMailer
from worker.mail.outbox import Outbox
from worker.ports import Outcome, Reach


def _text(raw: bytes) -> str:
    body = email.message_from_bytes(raw, policy=email.policy.default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


class FarFolder:
    """What lies in the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def arrived(self) -> list[Arrived]:
        raws = [path.read_bytes() for path in sorted(self.folder.glob("*.eml"))]
        return [Arrived(None, raw, _text(raw)) for raw in raws]


class TestOutboxContract(MailerContract):
    """The mailer contract over a folder."""

    @pytest.fixture
    def mailer(self, tmp_path: Path) -> Outbox:
        return Outbox(tmp_path / "outbox")

    @pytest.fixture
    def far(self, tmp_path: Path) -> FarFolder:
        return FarFolder(tmp_path / "outbox")


class FarMemory:
    """What the memory mailer holds."""

    def __init__(self, mailer: MemoryMailer) -> None:
        self.mailer = mailer

    def arrived(self) -> list[Arrived]:
        return [Arrived(None, each.raw, _text(each.raw)) for each in self.mailer.delivered]


class TestMemoryContract(MailerContract):
    """The mailer contract in memory."""

    @pytest.fixture
    def mailer(self) -> MemoryMailer:
        return MemoryMailer()

    @pytest.fixture
    def far(self, mailer: MemoryMailer) -> FarMemory:
        return FarMemory(mailer)


def test_a_file_a_key_whatever_the_attempt_and_the_process(tmp_path: Path) -> None:
    first, again = letter(), letter(message_id="01010101010101010101010101010101.2@books.example.com")
    box = Outbox(tmp_path)
    receipt = box.send(first, box.prepare(first, NOW), lambda: True)
    assert receipt.detail == "20260316T091500Z-priya-fern-01010101010101010101010101010101.eml"
    for outbox in (box, Outbox(tmp_path)):
        receipt = outbox.send(again, outbox.prepare(again, NOW), lambda: True)
        assert (receipt.outcome, receipt.detail) == (Outcome.ACCEPTED, "was in the outbox already; left as it is")
    assert [path.name for path in tmp_path.iterdir()] == [
        "20260316T091500Z-priya-fern-01010101010101010101010101010101.eml"
    ]
    assert Outbox(tmp_path).reach is Reach.FOLDER


@pytest.mark.parametrize(
    ("name", "slug"),
    [("../../etc/passwd", "etc-passwd"), ("Ōmura/フーズ", "mura"), ("", "client"), ("x" * 60, "x" * 40)],
)
def test_names_of_payers_are_safe_in_a_folder(tmp_path: Path, name: str, slug: str) -> None:
    made = letter(to=(Address("a@x.example" if name else "_@x.example", name or "%%"),))
    box = Outbox(tmp_path / "box")
    receipt = box.send(made, box.prepare(made, NOW), lambda: True)
    assert receipt.outcome is Outcome.ACCEPTED
    assert receipt.detail.split("-", 1)[1].rpartition("-")[0] == slug
    assert [path.parent for path in tmp_path.rglob("*.eml")] == [tmp_path / "box"]


def test_a_folder_that_cannot_be_written_is_not_sent_and_not_handed(tmp_path: Path) -> None:
    (tmp_path / "box").write_text("a file, not a folder")
    made = letter()
    box = Outbox(tmp_path / "box")
    calls: list[str] = []
    receipt = box.send(made, box.prepare(made, NOW), lambda: not calls.append("handed"))
    assert (receipt.outcome, calls) == (Outcome.NOT_SENT, [])


def test_nothing_half_written_is_left_behind(tmp_path: Path) -> None:
    made = letter()
    box = Outbox(tmp_path)
    box.send(made, box.prepare(made, NOW), lambda: False)
    assert list(tmp_path.iterdir()) == []


def test_memory_plays_its_script() -> None:
    script = [
        memory.DROPPED_BEFORE,
        memory.BAD_CREDENTIAL,
        memory.LOST_REPLY,
        memory.LOST_LETTER,
        memory.REFUSED,
        memory.BUSY,
    ]
    mailer = MemoryMailer(script)
    made = letter()
    calls: list[int] = []
    outcomes = []
    for turn in range(7):
        outcomes.append(mailer.send(made, b"x", lambda turn=turn: not calls.append(turn)).outcome)
    assert outcomes == [
        *(Outcome.NOT_SENT, Outcome.CREDENTIAL, Outcome.UNCERTAIN, Outcome.UNCERTAIN),
        *(Outcome.REJECTED, Outcome.LATER, Outcome.ACCEPTED),
    ]
    assert calls == [2, 3, 4, 5, 6]
    assert len(mailer.delivered) == 2
