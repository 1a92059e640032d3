"""One organisation's sweep through the real App: `sweep_big.py FOLDER [live] [day=N]`; FOLDER holds config.yaml.

`day=N` moves the wall clock N days on. Prints one JSON line of counts; times and memory are the harness's business.
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from worker.app import App
from worker.clock import SystemClock
from worker.config.load import load
from worker.core.decisions import Remind

NOON = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)


def main(folder: Path, *words: str) -> None:
    days = next((int(w.removeprefix("day=")) for w in words if w.startswith("day=")), 0)
    with App(load(folder, {}), SystemClock(NOON + timedelta(days=days))) as app:
        (result,) = app.run(deliver="live" in words)
    plan = result.plan
    out = {
        "skipped": result.skipped,
        "broken": result.broken,
        "refused": [str(r.reason.sentence) for r in result.refused],
        "proposals": [p.id for p in plan.proposals if p.kind != "step"] if plan else [],
        "standings": len(plan.standings) if plan else 0,
        "reminds": sum(isinstance(d, Remind) for d in plan.decisions) if plan else 0,
        "sent": sum(s.outcome == "accepted" for s in result.sent),
        "dropped": [d.why for d in result.dropped[:3]],
    }
    print(json.dumps(out))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
