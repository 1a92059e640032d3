"""One invocation of a function: the engine of the command line, between an event and a deadline.

Environment: DUECOURSE_CONFIG names the config file or its folder; DUECOURSE_QUEUE (AWS) the queue that carries one
message per organisation; DUECOURSE_NOW pretends a moment, as `--now` does (never with real mail). Answers hold
counts and organisations' names, never anything about clients.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from worker.afterwards import counts_of
from worker.app import App
from worker.clock import SystemClock
from worker.core.results import SweepResult, exit_code
from worker.errors import ConfigError, DuecourseError
from worker.halt import Halt
from worker.logs import configure

if TYPE_CHECKING:
    from worker.config.values import Practice

CONFIG = "DUECOURSE_CONFIG"
NOW = "DUECOURSE_NOW"


class Unusable(DuecourseError):
    """The configuration cannot be used. Says where, not what: platforms log it, and what was written may name
    clients."""

    def __init__(self, error: ConfigError) -> None:
        """`error` has the whole story, for `duecourse check`."""
        places = ", ".join(dict.fromkeys(p.place for p in error.problems))
        super().__init__(f"The configuration cannot be used ({places}): duecourse check says why.")


def sweep_now(organisations: Sequence[str], left: Callable[[], float]) -> dict[str, Any]:
    """Sweep these organisations (all when none is named) within `left()` seconds and say how that went.

    What is not reached is listed under `left`; the next invocation begins with it. Raises Unusable for a configuration
    that cannot be used, Refused, LogbookError: somebody has to act first.
    """
    import structlog

    configure(verbose=True, as_json=True)
    try:
        pretended = os.environ.get(NOW)
        clock = SystemClock(datetime.fromisoformat(pretended) if pretended else None)
        with App(practice_here(), clock, halt=Halt(left)) as app:
            results = app.run(organisations, deliver=True)
    except ConfigError as error:
        raise Unusable(error) from None
    answer = summary(results)
    structlog.get_logger().info("invocation finished", **answer)
    return answer


def practice_here(env: Mapping[str, str] | None = None) -> "Practice":
    """The configuration the environment names. Raises ConfigError."""
    from worker.config.load import load

    found = os.environ if env is None else env
    return load(Path(found.get(CONFIG, "config.yaml")), found)


def summary(results: Sequence[SweepResult]) -> dict[str, Any]:
    """What a platform may log: counts, and which organisations need a look."""
    return {
        "exit_code": exit_code(tuple(results)),
        "counts": counts_of(results),
        "left": [r.organisation for r in results if r.left],
        "needs_person": [r.organisation for r in results if r.needs_person],
        "refused": [r.organisation for r in results if r.refused],
    }
