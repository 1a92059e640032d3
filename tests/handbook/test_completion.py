"""Completion, in a real shell; and the help that people meet first."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from worker.cli import SECTIONS, main, typed


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash on this machine")
def test_bash_completes_commands_and_options(tmp_path: Path) -> None:
    start = f"#!{sys.executable}\nfrom worker.cli import main\nmain(prog_name='duecourse')\n"
    (tmp_path / "duecourse").write_text(start, "utf-8")
    (tmp_path / "duecourse").chmod(0o755)
    script = """
        eval "$(duecourse completion bash)"
        complete -p duecourse
        COMP_WORDS=(duecourse simulate --ag) COMP_CWORD=2; _duecourse_completion duecourse; echo "${COMPREPLY[@]}"
        COMPREPLY=(); COMP_WORDS=(duecourse prev) COMP_CWORD=1; _duecourse_completion duecourse; echo "${COMPREPLY[@]}"
    """
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, check=True, timeout=60)
    completed = done.stdout.splitlines()[1:]
    assert "-F _duecourse_completion duecourse" in done.stdout
    assert completed == ["--against", "preview"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_own_lines(shell: str) -> None:
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert f"_DUECOURSE_COMPLETE={shell}_complete" in done.stdout


def test_help_groups_every_command_by_what_it_is_for() -> None:
    said = CliRunner().invoke(main, ["--help"]).output
    places = [said.index(f"\n{heading}:\n") for heading in SECTIONS]
    assert places == sorted(places)
    assert all(f"\n  {typed(name)} " in said for names in SECTIONS.values() for name in names)
    assert "..." not in said.partition("Every day")[2]


def test_a_mistyped_word_is_told_the_nearest_one() -> None:
    for words, near in ((["prevew"], "preview"), (["wording", "lits"], "list"), (["run", "--jsn"], "--json")):
        assert near in CliRunner().invoke(main, words).output


def test_choices_that_were_not_made_are_told_in_one_line() -> None:
    answer = CliRunner().invoke(main, ["completion"], env={"NO_COLOR": "1"})
    assert "Choose from: bash, fish, zsh" in answer.output.splitlines()[0]
