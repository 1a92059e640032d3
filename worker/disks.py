"""What kind of filesystem a path lies on: the durable stores refuse some, each for its own reason."""

from pathlib import Path

MOUNTS = Path("/proc/self/mounts")


def filesystem_of(path: Path, mounts: str | None = None) -> str:
    """The filesystem type that `path` (absolute, resolved) lies on. `mounts` is text as in proc(5), this machine's by
    default; "" where that cannot be read (not Linux)."""
    if mounts is None:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="replace") if MOUNTS.exists() else ""
    best, kind = -1, ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(fields[1].encode().decode("unicode_escape"))
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), fields[2]
    return kind
