"""One line after a run of the matrix: how many cells ended as written, by class."""

import re
from collections import Counter
from typing import Any

_ENDED = re.compile(r"::test_(?:sampled_)?cell\[.* = (\w+)\]$")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Said wherever the tests ran: the reports come back to where the terminal is."""
    passed, failed = (
        Counter(m[1] for r in terminalreporter.stats.get(how, []) if (m := _ENDED.search(getattr(r, "nodeid", ""))))
        for how in ("passed", "failed")
    )
    if passed or failed:
        told = ", ".join(f"{n} {end}" for end, n in sorted(passed.items()))
        wrong = f"; {failed.total()} NOT as written" if failed else ""
        terminalreporter.write_line(f"fault matrix: {passed.total()} cells ended as written: {told}{wrong}")
