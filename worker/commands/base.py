"""What every command shares: its options, the desk it works at, and how errors end."""

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from worker.logs import configure

if TYPE_CHECKING:
    from rich.console import Console

    from worker.app import App
    from worker.config.values import Practice
    from worker.errors import DuecourseError

PLACE = "command line"
"""Where a problem lies that was typed rather than written."""
CONFIG_VARIABLE = "DUECOURSE_CONFIG"
DEFAULT_CONFIG = "config.yaml"
MORNING = 10
"""The hour a --now that is only a date means: inside an ordinary mail window."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a command works: the config it was pointed at, the moment it is told, and how it answers."""

    config: Path
    now: datetime | None = None
    as_json: bool = False

    def practice(self) -> "Practice":
        """The loaded configuration. Raises ConfigError."""
        from worker.commands.configuration import practice_at

        return practice_at(self.config)

    @contextmanager
    def app(self) -> "Iterator[App]":
        """The app over that configuration, with progress bars where they can be seen."""
        from worker.app import App
        from worker.clock import SystemClock
        from worker.report.terminal import Bars

        practice = self.practice()
        with Bars() as bars, App(practice, SystemClock(self.now), bars) as app:
            yield app

    @property
    def again(self) -> str:
        """What to add to a command that is shown, so that it works as it stands."""
        import shlex

        default = str(self.config) == DEFAULT_CONFIG or os.environ.get(CONFIG_VARIABLE) == str(self.config)
        config = "" if default else f" --config {shlex.quote(str(self.config))}"
        return config + (f" --now {self.now.isoformat(timespec='minutes')}" if self.now else "")

    def out(self) -> "Console":
        """Standard output."""
        from worker.report.terminal import console

        return console()

    def print_json(self, data: object) -> None:
        """One JSON document on standard output."""
        import json

        click.echo(json.dumps(data, indent=2))  # ASCII: whatever reads it need not share our encoding


def command(name: str, *, clocked: bool = True, configured: bool = True, json: bool = False) -> Callable[..., Any]:
    """Make a click command of a function that takes a Desk and its own parameters and returns an exit code or None."""

    def made(function: Callable[..., int | None]) -> click.Command:
        @functools.wraps(function)
        def call(**given: Any) -> None:
            debug, verbose, log_json = given.pop("debug"), given.pop("verbose"), given.pop("log_json")
            desk = Desk(given.pop("config", Path()), given.pop("now", None), given.pop("as_json", False))
            configure(verbose=verbose, as_json=log_json)
            with _errors(debug):
                code = function(desk, **given)
            click.get_current_context().exit(code or 0)

        for option in _options(clocked=clocked, configured=configured, json=json):
            call = option(call)
        return click.command(name)(call)

    return made


def _options(*, clocked: bool, configured: bool, json: bool) -> list[Callable[[Any], Any]]:
    options = [
        click.option("--debug", is_flag=True, help="Show the traceback of an internal error."),
        click.option("--log-json", is_flag=True, help="Log as JSON lines (to standard error)."),
        click.option("-v", "--verbose", is_flag=True, help="Log more."),
    ]
    if json:
        options.append(click.option("--json", "as_json", is_flag=True, help="Answer in JSON."))
    if clocked:
        options.append(click.option("--now", type=Moment(), help="Pretend it is this moment (ISO 8601)."))
    if configured:
        options.append(
            click.option(
                "--config",
                type=click.Path(path_type=Path),
                envvar=CONFIG_VARIABLE,
                default=DEFAULT_CONFIG,
                show_default=True,
                help=f"The config file, or its folder (env {CONFIG_VARIABLE}).",
            )
        )
    return options


class Day(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A calendar day, written as in the config: 2026-03-20."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f'"{value}" is no day; write it as 2026-03-20 (year-month-day)', param, ctx)


class Moment(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """An ISO 8601 moment. Without an offset it is local to this machine; a date alone means ten in the morning."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The aware moment."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f'"{value}" is no moment; write 2026-03-10T10:00+00:00, or just 2026-03-10', param, ctx)
        if len(value.strip()) <= len("2026-03-10"):
            moment = moment.replace(hour=MORNING)
        return moment if moment.tzinfo else moment.astimezone()


@contextmanager
def _errors(debug: bool) -> Iterator[None]:
    """Deliberate errors end with their text and their exit code; anything else with 4 and a file of details."""
    from worker.errors import ConfigError, DuecourseError, LogbookError, Refused

    try:
        yield
    except (click.exceptions.Exit, click.ClickException, click.Abort, BrokenPipeError):
        raise
    except DuecourseError as error:
        click.echo(_text(error), err=True)
        code = 2 if isinstance(error, ConfigError | LogbookError) else 3 if isinstance(error, Refused) else 1
        raise click.exceptions.Exit(code) from None
    except Exception as error:
        if debug:
            raise
        click.echo(
            f"duecourse failed: {type(error).__name__}. This is a mistake in duecourse, not in what you wrote.",
            err=True,
        )
        click.echo(f"The details are in {details()}; they may name clients, so read before you share them.", err=True)
        raise click.exceptions.Exit(4) from None


def _text(error: "DuecourseError") -> str:
    problems = getattr(error, "problems", [])
    if problems and all(p.place == PLACE for p in problems):
        return "\n".join(p.text() for p in problems)
    return str(error)


def details() -> str:
    """The file with the traceback of what is being handled, readable by its owner only."""
    import tempfile
    import traceback

    handle, name = tempfile.mkstemp(prefix="duecourse-", suffix=".txt")  # readable by its owner only
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(traceback.format_exc())
    return name
