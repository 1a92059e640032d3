"""A shelf of files: one for each connection, in a folder of its own, for its owner only, on a disk that lasts."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from worker.disks import filesystem_of
from worker.errors import ConnectionBroken
from worker.vault.seal import label_of
from worker.vault.sources import PASSING

_SAFE = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")


class FileShelf:
    """See `Shelf`. Folder 0700, files 0600; wider ones are refused, since others may have read them.

    A write goes to a temporary file, is synced, renamed over the old one, and the folder is synced too.
    """

    def __init__(self, folder: Path, *, lasting: bool = False, mounts: str | None = None) -> None:
        """`folder` is made on first use. `lasting`: refuse a filesystem that ends with the container or the power;
        `mounts` is text as in proc(5), this machine's by default."""
        self._folder, self._lasting, self._mounts = folder, lasting, mounts

    def names(self) -> tuple[str, ...]:
        """See `Shelf.names`."""
        with self._said("read"):
            found = list(self._folder.glob("*.json")) if self._folder.is_dir() else []
        return tuple(sorted(_name_in(path) for path in found))

    def read(self, name: str) -> bytes | None:
        """See `Shelf.read`."""
        with self._said("read"):
            try:
                return self._text(self._path(name))
            except (FileNotFoundError, NotADirectoryError):
                return None

    def write(self, name: str, kept: bytes) -> None:
        """See `Shelf.write`."""
        with self._said("written"):
            self._write(self._path(name), kept)

    def prove(self, name: str) -> None:
        """See `Shelf.prove`: writes, syncs and renames a file beside the real one, exactly as `write` does."""
        with self._said("written"):
            self._write(self._path(name).with_suffix(".proof"), b"{}")
        if self._lasting and (kind := filesystem_of(self._folder.resolve(), self._mounts)) in PASSING:
            raise ConnectionBroken(
                f"The folder {self._folder} is on {kind}, which ends with the container or the power: a refreshed "
                "token kept there would be lost, and the connection with it.",
                "Nothing was refreshed. Mount a lasting volume there, or keep connections in the logbook "
                "(vault: {store: logbook}).",
            )

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """See `Shelf.lock`: an advisory lock of the operating system, which a dead process cannot keep."""
        import fcntl

        with self._said("written"):
            self._prepare()
            handle = os.open(self._path(name).with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def remove(self, name: str) -> None:
        """See `Shelf.remove`. The lock stays: another process may be waiting for it."""
        with self._said("written"):
            path = self._path(name)
            if path.exists():
                path.unlink()
                path.with_suffix(".proof").unlink(missing_ok=True)
                self._sync()

    def _path(self, name: str) -> Path:
        """Readable where that is safe; else with a digest, since two names must never share a file on any disk."""
        if _SAFE.fullmatch(name):
            return self._folder / f"{name}.json"
        readable = re.sub(r"[^a-z0-9_-]", "-", name.casefold())[:60]
        return self._folder / f"{readable}.{sha256(name.encode()).hexdigest()[:12]}.json"

    def _text(self, path: Path) -> bytes:
        with path.open("rb") as file:
            self._private(path, os.fstat(file.fileno()).st_mode)
            return file.read()

    def _private(self, path: Path, mode: int) -> None:
        if mode & 0o077:
            raise ConnectionBroken(
                f"The saved connection {path} may be read or written by others (mode {mode & 0o777:04o}).",
                f"chmod {'700' if path == self._folder else '600'} {path}; if others use this machine, connect again.",
            )

    def _prepare(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._private(self._folder, self._folder.stat().st_mode)

    def _write(self, path: Path, text: bytes) -> None:
        self._prepare()
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        temporary.unlink(missing_ok=True)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        self._sync()

    def _sync(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextmanager
    def _said(self, done: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ConnectionBroken(
                f"The token folder {self._folder} cannot be {done} ({error.strerror}).",
                "Nothing was refreshed or lost: give duecourse a writable, lasting folder and run again.",
            ) from error


def _name_in(path: Path) -> str:
    """The name on the outside of a file; one that cannot be read fails when opened, and hides no other."""
    try:
        label = label_of(path.read_bytes())
    except OSError:
        label = None
    return (label and label.name) or path.stem
