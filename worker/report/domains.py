"""What check --domain found, for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from worker.report.terminal import FAINT, KEPT, LOUD, OUT, TYPE, WRONG, say

_STYLE = {"good": OUT, "note": KEPT, "missing": WRONG, "unknown": KEPT}
_SIGN = {"good": "ok     ", "note": "note   ", "missing": "missing", "unknown": "unclear"}


def show_domains(out: Console, found: Sequence[Mapping[str, Any]]) -> None:
    """Print every sender's domain with what is right, what is missing and what to ask for."""
    for one in found:
        say(out, f"\n{one['domain']}, sent by {one['sent_by']} ({', '.join(one['organisations'])})", LOUD)
        for finding in one["findings"]:
            say(out, f"  {_SIGN[finding['level']]}  {finding['what']}", _STYLE[finding["level"]])
            if finding["ask"]:
                say(out, f"           ask for: {finding['ask']}", TYPE)
    if found:
        say(out, "\nOnly read, nothing was changed: whoever manages a domain's DNS makes the changes.", FAINT)
    else:
        say(out, "No organisation has a sender, so there is no domain to look at.")
