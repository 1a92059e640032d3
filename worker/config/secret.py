"""Secrets are named in YAML by where they are found; a secret written out is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from worker.config.kinds import misread, quoted
from worker.config.source import Located
from worker.core.secret import Secret

_KINDS = {"env": "an environment variable", "file": "a file", "aws": "an AWS secret", "gcp": "a Google secret"}
_EXPECTED = "{env: NAME}, {file: PATH}, {aws: NAME} or {gcp: projects/PROJECT/secrets/NAME}"


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a secret is found: an environment variable, a file (relative to the folder of the configuration), or a
    secret of AWS Secrets Manager (name or ARN) or Google Secret Manager."""

    env: str = ""
    file: str = ""
    aws: str = ""
    gcp: str = ""
    place: str = ""

    def resolve(self, env: Mapping[str, str], folder: Path) -> Secret:
        """The secret itself. Raises LookupError with what was found and what to do when it is not there or empty."""
        if self.env:
            if not env.get(self.env):
                raise _missing(
                    f"the environment variable {self.env} is not set", f"set {self.env} where duecourse runs"
                )
            return Secret(env[self.env])
        return self._read(folder) if self.file else self._ask()

    def _ask(self) -> Secret:
        from worker.clouds import Unasked, kept

        kind, name, where = ("aws", self.aws, "AWS") if self.aws else ("gcp", self.gcp, "Google")
        try:
            found = kept(kind, name)
        except Unasked as error:
            raise _missing(f"the {where} secret {name} could not be read ({error.why})", error.todo) from None
        if found is None:
            raise _missing(f"there is no {where} secret {name}, or it is empty", "make it, with the secret alone in it")
        return found

    def _read(self, folder: Path) -> Secret:
        todo = "mount or create the file, with the secret alone in it"
        try:
            text = (folder / self.file).read_text("utf-8").rstrip("\r\n")
        except (OSError, ValueError):
            raise _missing(f'the file "{self.file}" cannot be read', todo) from None
        if not text:
            raise _missing(f'the file "{self.file}" is empty', todo)
        return Secret(text)


def _missing(found: str, todo: str) -> LookupError:
    return LookupError(found, todo)


def _reference(value: Any) -> Reference:
    if isinstance(value, str):
        # The text itself may be the secret: it is not repeated.
        todo = "put the secret into an environment variable and write {env: NAME}; change it if this file was shared"
        raise misread("a secret written out (not shown here)", _EXPECTED, todo)
    if not isinstance(value, dict) or len(value) != 1 or not set(value) <= set(_KINDS):
        raise misread(quoted(value), _EXPECTED)
    ((kind, where),) = value.items()
    if not isinstance(where, str) or not where.strip():
        raise misread(quoted(where), f"the name of {_KINDS[kind]}")
    place = value.place if isinstance(value, Located) else ""
    return Reference(place=place, **{kind: where.strip()})


SecretRef = Annotated[
    Reference,
    BeforeValidator(_reference),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {kind: {"type": "string"} for kind in _KINDS},
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
        }
    ),
]
