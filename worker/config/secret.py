"""Secrets are named in YAML by where they are found; a secret written out is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from worker.config.kinds import misread, quoted
from worker.config.source import Located
from worker.core.secret import Secret

_EXPECTED = "{env: NAME} or {file: PATH}"


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a secret is found: an environment variable or a file (relative to the folder of the configuration)."""

    env: str = ""
    file: str = ""
    place: str = ""

    def resolve(self, env: Mapping[str, str], folder: Path) -> Secret:
        """The secret itself. Raises LookupError with a sentence when it is not there or empty."""
        if self.env:
            if not env.get(self.env):
                raise LookupError(f"the environment variable {self.env} is not set")
            return Secret(env[self.env])
        try:
            text = (folder / self.file).read_text("utf-8").rstrip("\r\n")
        except (OSError, ValueError):
            raise LookupError(f'the file "{self.file}" cannot be read') from None
        if not text:
            raise LookupError(f'the file "{self.file}" is empty')
        return Secret(text)


def _reference(value: Any) -> Reference:
    if isinstance(value, str):
        # The text itself may be the secret: it is not repeated.
        todo = "put the secret into an environment variable and write {env: NAME}; change it if this file was shared"
        raise misread("a secret written out (not shown here)", _EXPECTED, todo)
    if not isinstance(value, dict) or len(value) != 1 or not set(value) <= {"env", "file"}:
        raise misread(quoted(value), _EXPECTED)
    ((kind, where),) = value.items()
    if not isinstance(where, str) or not where.strip():
        raise misread(quoted(where), f"the name of {'an environment variable' if kind == 'env' else 'a file'}")
    place = value.place if isinstance(value, Located) else ""
    return Reference(place=place, **{kind: where.strip()})


SecretRef = Annotated[
    Reference,
    BeforeValidator(_reference),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {"env": {"type": "string"}, "file": {"type": "string"}},
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
        }
    ),
]
