"""vault: the key that seals saved connections: make one, change it, and see that everything opens."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from worker.commands.base import Desk, command

if TYPE_CHECKING:
    from worker.app import App


@click.group("vault")
def vault_command() -> None:
    """The key that seals saved connections: make one, change it, see that everything opens.

    Where keys are looked for is written in config.yaml (vault: {key: ..., previous keys: [...]}).
    """


@command("key", clocked=False, configured=False)
@click.option("--to", type=click.Path(path_type=Path), help="Write it into this new file, readable by you only.")
def _key_command(desk: Desk, to: Path | None) -> None:
    """Make a new key. Without --to it is printed, to be piped into a secret manager; nothing else is."""
    from worker.vault.keys import new_key
    from worker.vault.sources import write_key

    key = new_key()
    if to is None:
        click.echo(key.reveal())
        return
    from worker.commands.people import wrong

    try:
        write_key(to, key)
    except FileExistsError:
        raise wrong(
            f"{to} is there already", "a file that is not", "name another; a key is never written over"
        ) from None
    except OSError as error:
        raise wrong(f"{to} cannot be written: {error.strerror}", "a folder of yours", "name another file") from None
    click.echo(f"The new key is in {to}. Say where it is in config.yaml:\n  vault: {{key: {{file: {to.resolve()}}}}}")
    click.echo("Whatever an older key sealed needs that key too, under previous keys:, until duecourse vault rotate.")


@command("check", clocked=False, json=True)
def _check_command(desk: Desk) -> int:
    """Open every saved connection, and say under which key each is sealed."""
    with desk.app() as app:
        found = [(name, *_opened(app, name)) for name in app.tokens.names()]
        where = app.tokens.key_place
    closed = sum(1 for *_, trouble in found if trouble)
    if desk.as_json:
        rows = [{"connection": n, "platform": p, "key": k, "trouble": t} for n, p, k, t in found]
        desk.print_json({"schema": 1, "key_in": where, "connections": rows})
        return 1 if closed else 0
    click.echo(f"The vault key is looked for in {where}.")
    for name, platform, key, trouble in found:
        kind = f"key {key}" if key else "not sealed yet; it will be at its next refresh, or with duecourse vault rotate"
        click.echo(f"{name}: {platform or 'an earlier connection'}, {kind}" + (f"\n    {trouble}" if trouble else ""))
    click.echo("No connection is saved." if not found else f"{len(found) - closed} of {len(found)} can be opened.")
    return 1 if closed else 0


@command("rotate", clocked=False)
def _rotate_command(desk: Desk) -> int:
    """Seal every saved connection again with the key in the settings; a sweep does the same, one refresh at a time."""
    from worker.errors import BooksError

    done = already = 0
    failed: list[str] = []
    with desk.app() as app:
        for name in app.tokens.names():
            try:
                if app.tokens.reseal(name):
                    done += 1
                else:
                    already += 1
            except BooksError as error:
                failed.append(f"{name}: {error}")
        where = app.tokens.key_place
    click.echo(f"Sealed again with the key in {where}: {done}. Already so: {already}.")
    for trouble in failed:
        click.echo(trouble, err=True)
    if failed:
        click.echo("Keep the previous keys until these are done too.", err=True)
    elif done:
        click.echo("Previous keys are no longer needed for what is kept here; backups made before still need them.")
    return 1 if failed else 0


def _opened(app: "App", name: str) -> tuple[str, str, str]:
    """Platform, key id and what is wrong with one saved connection."""
    from worker.errors import BooksError

    platform = key = ""
    try:
        if (label := app.tokens.label(name)) is not None:
            platform, key = label.platform, label.key
        app.tokens.load(name)
    except BooksError as error:
        return platform, key, str(error)
    return platform, key, ""


for _one in (_key_command, _check_command, _rotate_command):
    vault_command.add_command(_one)
