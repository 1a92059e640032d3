"""Commands as they are printed in the handbook: whether they exist, with these options."""

import re
import shlex
import tomllib
from itertools import pairwise

import click

from scripts.reference_pages import all_commands
from tests.handbook.pages import ROOT
from worker.cli import main

COMMANDS = all_commands()
_MAKE = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
_EXTRAS = set(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"])
_ARGS = set(re.findall(r"^ARG (\w+)", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE))

NOT_OURS = {
    "synth.py": "the benchmark's own program; it is not in this repository",
    "evalcycle.py": "the benchmark's own program; it is not in this repository",
}
"""Words of shell lines that cannot be tried, and why."""


def found(words: list[str]) -> tuple[str, click.Command, list[str]]:
    """The command that `duecourse WORDS` means, and the words it gets."""
    for count in (2, 1):
        if (name := " ".join(words[:count])) in COMMANDS:
            return name, COMMANDS[name], words[count:]
    raise AssertionError(f"there is no command `duecourse {' '.join(words)}`")


def clocked(made: click.Command) -> bool:
    """It takes --now."""
    return any(p.name == "now" for p in made.params)


def parsed(words: list[str]) -> None:
    """`duecourse WORDS` could be typed: every option exists and takes what it is given."""
    if words and words[0].startswith("-"):
        main.make_context("duecourse", [*words, "run"], resilient_parsing=True)
        return
    name, made, rest = found(words)
    try:
        made.make_context(f"duecourse {name}", rest)
    except click.ClickException as error:
        raise AssertionError(f"duecourse {' '.join(words)}: {error.format_message()}") from None


def mentioned(code: str) -> None:
    """Words in a sentence: the command exists, and so does each option; arguments may be left out."""
    words = re.sub(r"\.\.\.|…", "", code).split()[1:]
    if not words or not re.fullmatch(r"[a-z-]+", words[0]):
        return
    if words[0].startswith("-"):
        parsed(words)
        return
    if words[0] in {n.split()[0] for n in COMMANDS} - set(COMMANDS) and len(words) == 1:
        return  # a group of commands as such
    name, made, rest = found(words)
    options = {o for p in made.params for o in (*p.opts, *p.secondary_opts)} | {"--help", "-h"}
    for word in rest:
        if word.startswith("--"):
            assert word.partition("=")[0] in options, f"`{code}`: {name} has no {word}"


def shell(line: str) -> None:
    """One line of a shell block is all right: ours is parsed, anybody else's is known."""
    inner = re.findall(r"\$\((duecourse [^)]+)\)", line)
    words = shlex.split(inner[0] if inner else line, comments=True)
    if not words:
        return
    if "|" in words:
        words = words[: words.index("|")]
    if words[0] == "duecourse":
        parsed(words[1:])
    elif words[0] == "make":
        assert all(w in _MAKE for w in words[1:] if "=" not in w), line
    elif words[0] == "docker":
        _docker(words)
    elif words[:2] == ["pip", "install"]:
        extras = re.findall(r"\[([a-z,]+)\]", words[2])
        assert set(",".join(extras).split(",")) <= _EXTRAS, line
    elif words[0] == "python":
        assert words[1] in NOT_OURS or (ROOT / words[1]).is_file(), line
    else:
        assert words in ([".", ".venv/bin/activate"], ["cd", "mybooks"]), f"nobody knows how to try `{line}`"


def _docker(words: list[str]) -> None:
    """What of it is ours: build arguments, and the command given to the image."""
    for before, word in pairwise(words):
        if before == "--build-arg":
            assert word.partition("=")[0] in _ARGS, word
    if words[1] == "run":
        parsed(words[words.index("duecourse") + 1 :])
