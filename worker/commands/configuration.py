"""Loading the configuration as every command does: secrets from the environment, wording of one's own included."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worker.config.values import Practice


def practice_at(path: Path) -> "Practice":
    """The configuration at a file or folder. Raises ConfigError with every problem."""
    from worker.config.load import load

    return load(path, os.environ)
