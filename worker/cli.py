"""The command line. Thin: each command lives in worker.commands and is imported only when it is called."""

import re
import sys
from importlib import import_module
from typing import IO, Any

import click

from worker import __version__

# Heading -> name -> module. The order is that of the help page and of the reference.
SECTIONS: dict[str, dict[str, str]] = {
    "Every day": {
        "run": "run",
        "preview": "run",
        "digest": "digest",
        "explain": "explain",
        "status": "status",
        "history": "history",
    },
    "Say what you know": {
        "hold": "record",
        "release": "record",
        "promise": "record",
        "dispute": "record",
        "pause": "pause",
        "resume": "pause",
        "pays": "pays",
        "plan": "plan",
        "log": "record",
        "done": "tasks",
        "reconciled": "record",
    },
    "Say yes or no": {
        "approve": "answer",
        "reject": "answer",
        "resolve": "answer",
    },
    "Look ahead": {
        "runs": "runs",
        "forecast": "runs",
        "simulate": "simulate",
        "letter": "letter",
    },
    "Begin, and change": {
        "init": "files",
        "check": "check",
        "clients": "files",
        "import": "imports",
        "wording": "wording",
        "sandbox": "sandbox",
        "completion": "completion",
    },
    "For the operator": {
        "connect": "connect",
        "connect-mailbox": "mailbox",
        "connections": "connections",
        "disconnect": "connect",
        "usage": "usage",
        "vault": "vault",
        "logbook": "logbook",
        "backup": "care",
        "restore": "care",
        "forget": "care",
        "resync": "answer",
        "fleet": "fleet",
    },
}
_COMMANDS = {name: module for names in SECTIONS.values() for name, module in names.items()}


class Mistyped(click.UsageError):
    """A mistake in the words of a command, in the form of all our errors."""

    def __init__(self, error: click.UsageError) -> None:
        super().__init__(error.message, error.ctx)
        said = " ".join(error.format_message().split())  # click lists choices in lines of their own, with tabs
        self.said = re.sub(r"not in the range (\d+)<=x<=(\d+)", r"not between \1 and \2", said)

    def show(self, file: IO[str] | None = None) -> None:
        """Print it to standard error."""
        from worker.errors import Problem

        command = self.ctx.command_path if self.ctx else "duecourse"
        usage = self.ctx.get_usage().removeprefix("Usage: ") if self.ctx else ""
        problem = Problem("command line", self.said.rstrip("."), " ".join(usage.split()), f"see {command} --help")
        click.echo(problem.text(), file=file or sys.stderr)


class _Lazy(click.Group):
    """A group whose commands are imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click names it
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        found: click.Command = getattr(
            import_module(f"worker.commands.{_COMMANDS[cmd_name]}"), f"{cmd_name.replace('-', '_')}_command"
        )
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands under their headings, as the reference has them."""
        wide = max(map(len, _COMMANDS))
        for heading, names in SECTIONS.items():
            found = [(name, self.get_command(ctx, name)) for name in names]
            rows = [(f"{typed(name):<{wide}}", _short(made)) for name, made in found if made is not None]
            with formatter.section(heading):
                formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        """What was mistyped is said as any other mistake is: where, what, what was expected, what to do."""
        try:
            return super().invoke(ctx)
        except click.exceptions.NoArgsIsHelpError:
            raise  # `duecourse fleet` alone asks for its help, as `duecourse` alone does: nothing was mistyped
        except click.UsageError as error:
            raise Mistyped(error) from None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[:2] == ["connect", "mailbox"]:
            args = ["connect-mailbox", *args[2:]]
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], _COMMANDS, 1)
            hint = f' Did you mean "{near[0]}"?' if near else " See `duecourse --help`."
            ctx.fail(f'There is no command "{args[0]}".{hint}')
        return super().resolve_command(ctx, args)


def typed(name: str) -> str:
    """A command's name as people type it."""
    return name.replace("connect-mailbox", "connect mailbox")


def _short(made: click.Command) -> str:
    """The first thing its help says, whole: no sentence ends in dots."""
    first = " ".join((made.help or "").split("\n\n")[0].split())
    said = re.split(r"[:;.] | \(", first, maxsplit=1)[0]
    return said.rstrip(".") + "."


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"duecourse {__version__}")
        ctx.exit()


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version.")
def main() -> None:
    """Asks a business's clients for payment at the right moment in their own payment cycle, and thanks them.

    Preview is the default: nothing leaves until the config says mode: live. Every command that changes something has a
    form in the config, too. Exit codes: 0 all done; 1 done, but something needs a person; 2 something written is wrong;
    3 refused by a guard or waiting for approval; 4 an error in duecourse itself.
    """


if __name__ == "__main__":
    main()
