"""Letters as .eml files in a folder: to read, to open in any mail program, to try things out. Nothing leaves."""

import os
import re
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from worker.core.message import Letter
from worker.mail.mime import prepared
from worker.ports import Outcome, Reach, Receipt

_UNSAFE = re.compile(r"[^a-z0-9]+")
_DATE = re.compile(rb"^Date: (.+?)\r\n", re.MULTILINE)
_FILE = re.compile(r".*-([0-9A-Za-z_]{1,32})\.eml\Z")


class Outbox:
    """The Mailer port over a folder, made when missing (readable by its owner only).

    A file is complete or absent: written aside, synced, then linked into place. A key that has a file gets no second.
    """

    name = "outbox"
    reach = Reach.FOLDER

    def __init__(self, folder: Path) -> None:
        """`folder` must be on a local disk that can make hard links."""
        self.folder = folder
        self._keys: set[str] | None = None

    def prepare(self, letter: Letter, now: datetime) -> bytes:
        """MIME bytes, read back and compared. Raises ValueError."""
        return prepared(letter, now)

    def send(self, letter: Letter, raw: bytes, handed: Callable[[], bool]) -> Receipt:
        """Writes one file; `detail` is its name. See `worker.ports.Mailer`."""
        key = _UNSAFE.sub("_", letter.key[:32].lower())
        try:
            known = self._known()
            temporary = self._write_aside(raw)
        except OSError as error:
            return Receipt(Outcome.NOT_SENT, detail=f"the outbox {self.folder} cannot be written: {error.strerror}")
        try:
            if not handed():
                return Receipt(Outcome.NOT_SENT, detail="the hand-off was withdrawn")
            if key in known:
                return Receipt(Outcome.ACCEPTED, letter.message_id, "was in the outbox already; left as it is")
            return self._place(temporary, letter, _name(letter, raw, key), key)
        finally:
            temporary.unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing to close."""

    def _known(self) -> set[str]:
        if self._keys is None:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            matches = (_FILE.match(path.name) for path in self.folder.iterdir())
            self._keys = {match[1] for match in matches if match}
        return self._keys

    def _write_aside(self, raw: bytes) -> Path:
        descriptor, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=self.folder)
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        return Path(name)

    def _place(self, temporary: Path, letter: Letter, name: str, key: str) -> Receipt:
        target = self.folder / name
        try:
            os.link(temporary, target)
        except OSError as error:
            # Nothing became visible: in-process proof that nothing was delivered.
            return Receipt(Outcome.NOT_SENT, detail=f"{target} cannot be made: {error.strerror}")
        if self._keys is not None:
            self._keys.add(key)
        try:
            descriptor = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            return Receipt(Outcome.UNCERTAIN, detail=f"{target} may not survive a power cut: {error.strerror}")
        return Receipt(Outcome.ACCEPTED, letter.message_id, name)


def _name(letter: Letter, raw: bytes, key: str) -> str:
    """Sorted by time of writing, then readable: `20260316T091500Z-fern-co-KEY.eml`."""
    stamp = _DATE.search(raw)
    when = parsedate_to_datetime(stamp[1].decode("ascii")).astimezone(UTC) if stamp else datetime.fromtimestamp(0, UTC)
    who = letter.to[0]
    slug = _UNSAFE.sub("-", (who.name or who.email).lower()).strip("-")[:40].strip("-") or "client"
    return f"{when:%Y%m%dT%H%M%SZ}-{slug}-{key}.eml"
