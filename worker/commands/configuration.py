"""Loading the configuration as every command does: secrets from the environment, wording of one's own included."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worker.config.values import Practice


def practice_at(path: Path) -> "Practice":
    """The configuration at a file or folder. Raises ConfigError with every problem."""
    from worker.config.load import load

    return load(path, os.environ, _messages(path))


def _messages(path: Path) -> frozenset[str]:
    """The messages a step may name: those that ship, and the practice's own in wording/LANGUAGE/NAME.md."""
    from worker.config.policies import TEMPLATES

    folder = (path if path.is_dir() else path.parent) / "wording"
    return TEMPLATES | {file.stem for file in folder.glob("*/*.md")}
