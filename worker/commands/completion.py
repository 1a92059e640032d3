"""completion: the lines that let a shell complete commands, options and their values."""

import click

from worker.commands.base import Desk, command

_START_UP = {
    "bash": 'eval "$(duecourse completion bash)"   in ~/.bashrc',
    "zsh": 'eval "$(duecourse completion zsh)"   in ~/.zshrc, after compinit',
    "fish": "duecourse completion fish | source   in ~/.config/fish/config.fish",
}


@command("completion", clocked=False, configured=False)
@click.argument("shell", type=click.Choice(sorted(_START_UP)))
def completion_command(desk: Desk, shell: str) -> None:
    """Print the lines that make a shell complete what you type.

    Once per terminal: eval "$(duecourse completion bash)". For every terminal: put that line into ~/.bashrc.
    """
    from click.shell_completion import get_completion_class

    main = click.get_current_context().find_root().command
    made = get_completion_class(shell)
    assert made is not None  # click has all three
    click.echo(f"# duecourse: {_START_UP[shell]}")
    click.echo(made(main, {}, "duecourse", "_DUECOURSE_COMPLETE").source())
