"""Where a logbook file may live: made private, and never on a network disk, whose locks and syncs cannot be trusted."""

import os
from pathlib import Path

from worker.disks import MOUNTS, filesystem_of
from worker.errors import LogbookError

NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "afs", "ncpfs", "ceph", "glusterfs", "lustre", "beegfs", "gpfs"}
)
"""Filesystem types of the kernel that live on another machine; every `fuse.*` not named local counts too."""

LOCAL_FUSE = frozenset({"fuse.fuse-overlayfs", "fuse.ntfs-3g", "fuse.gocryptfs", "fuse.encfs"})


def network_filesystem(path: Path, mounts: str) -> str:
    """The network filesystem type `path` (absolute, resolved) lies on, or "". `mounts` is text as in proc(5)."""
    kind = filesystem_of(path, mounts)
    remote = kind in NETWORK or (kind.startswith("fuse.") and kind not in LOCAL_FUSE)
    return kind if remote else ""


def prepare(path: Path) -> Path:
    """Make the folder (0700) and the file (0600) if missing and return the resolved path.

    Raises LogbookError when the place is a network disk or cannot be written. Where the mounts cannot be read (not
    Linux) the check is skipped.
    """
    path = path.expanduser().resolve()
    mounts = MOUNTS.read_text(encoding="utf-8", errors="replace") if MOUNTS.exists() else ""
    if kind := network_filesystem(path, mounts):
        raise LogbookError(
            f"{path}: this folder is on a network disk ({kind}), where a power cut or a second machine can corrupt "
            "the logbook.\n    do this:  put the logbook on a local disk, or use a postgresql:// logbook"
        )
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        raise LogbookError(
            f"{path}: the logbook cannot be opened ({error.strerror}).\n"
            "    do this:  point `logbook:` at a folder this user may write to"
        ) from error
    return path
