"""Pages to a folder. Only what an earlier run of ours put there is ever replaced or removed."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

MANIFEST = ".duecourse-page"
"""Names every file we wrote into the folder, a line each."""


class NotOurs(Exception):
    """The folder holds something else than a page of ours; in words."""


def write(folder: Path, pages: Iterable[tuple[str, str]], keep: Iterable[str] = ()) -> Path:
    """Write pages (name with slashes, HTML) and remove what an earlier run wrote and this one did not, except below
    the folders in `keep`. Returns the first page. Raises NotOurs, and OSError.

    A folder readable by its owner only: it holds what the books hold.
    """
    known = _known(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written: list[str] = []
    for name, html in pages:
        _replace(folder / name, html)
        written.append(name)
    kept = set(keep)
    stale = [n for n in known if n not in written and PurePosixPath(n).parts[0] not in kept]
    for name in stale:
        (folder / name).unlink(missing_ok=True)
    left = [n for n in known if n not in written and n not in stale]
    _replace(folder / MANIFEST, "\n".join(sorted([*written, *left])) + "\n")
    for parent in sorted({(folder / n).parent for n in stale}, reverse=True):
        if parent != folder and parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()
    return folder / "index.html"


def _known(folder: Path) -> list[str]:
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
    except OSError:
        if folder.is_dir() and any(folder.iterdir()):
            raise NotOurs(f"{folder} holds other files, so no page was written there") from None
        return []
    return [n for n in text.splitlines() if _inside(n)]


def _inside(name: str) -> bool:
    """Whether a name in the list is one we could have written: it is read back from a disk others can write to."""
    parts = PurePosixPath(name).parts
    return bool(parts) and name.endswith(".html") and ".." not in parts and not name.startswith("/")


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=".aside-")  # readable by its owner only
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def below(folder: str, pages: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The same pages in a folder of the folder ("": in itself)."""
    return ((f"{folder}/{name}" if folder else name, html) for name, html in pages)
