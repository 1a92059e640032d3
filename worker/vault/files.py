"""Saved connections as files."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from worker.core.grant import Grant
from worker.errors import ConnectionBroken
from worker.vault.codec import decode, encode


class FileTokens:
    """One JSON file a grant, in a folder of its own (0700, files 0600). Put the folder on a disk that survives.

    A write goes to a temporary file, is synced, renamed over the old one, and the folder is synced too.
    """

    def __init__(self, folder: Path) -> None:
        """`folder` is made on first use."""
        self._folder = folder

    def load(self, name: str) -> Grant | None:
        """See `Tokens.load`."""
        path = self._path(name)
        try:
            return decode(path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, KeyError, TypeError):
            raise ConnectionBroken(
                f"The saved connection {path} cannot be read.", "Restore that file, or connect again."
            ) from None

    def save(self, name: str, grant: Grant) -> None:
        """See `Tokens.save`."""
        with self._said_plainly():
            self._write(self._path(name), encode(grant))

    def names(self) -> tuple[str, ...]:
        """See `Tokens.names`."""
        with self._said_plainly():
            return tuple(sorted(p.stem for p in self._folder.glob("*.json")))

    def forget(self, name: str) -> None:
        """See `Tokens.forget`."""
        with self._said_plainly():
            self._path(name).unlink(missing_ok=True)

    def prove(self, name: str) -> None:
        """See `Tokens.prove`: writes, syncs and renames a file beside the real one, exactly as `save` does."""
        with self._said_plainly():
            self._write(self._path(name).with_suffix(".proof"), b"{}")

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """See `Tokens.lock`: an advisory lock of the operating system, which a dead process cannot keep."""
        import fcntl

        with self._said_plainly():
            self._prepare()
            handle = os.open(self._path(name).with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _path(self, name: str) -> Path:
        safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in name)
        return self._folder / f"{safe}.json"

    def _prepare(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _write(self, path: Path, text: bytes) -> None:
        self._prepare()
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextmanager
    def _said_plainly(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ConnectionBroken(
                f"The token folder {self._folder} cannot be written ({error.strerror}).",
                "Nothing was refreshed or lost: give duecourse a writable, lasting folder and run again.",
            ) from error
