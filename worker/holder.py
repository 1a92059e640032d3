"""Who holds an organisation's lease: host, process, the process's birth (so that a dead holder is recognised) and a
random part, since two threads of one process are two holders."""

import os
import socket
from pathlib import Path
from secrets import token_hex

_BIRTH_FIELD = 19  # field 22 of /proc/PID/stat, counted from behind the command's closing bracket: proc(5)


def me() -> str:
    """One sweep of this process, as it signs a lease; another one each time it is asked."""
    pid = os.getpid()
    return f"{socket.gethostname()}|{pid}|{_birth(pid)}|{token_hex(6)}"


def is_dead(holder: str) -> bool:
    """True only when the holder ran on this very host and that process is gone; anything else may be alive."""
    host, _, rest = holder.partition("|")
    pid, birth = (*rest.split("|"), "", "")[:2]
    if host != socket.gethostname() or not pid.isdigit() or not Path("/proc/self").exists():
        return False
    return _birth(int(pid)) != birth


def _birth(pid: int) -> str:
    """When a process started, in clock ticks since boot; "" when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    zombie = fields[0] == "Z"
    return "" if zombie else fields[_BIRTH_FIELD]
