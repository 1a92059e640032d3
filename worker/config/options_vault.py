"""Options of the vault: where saved connections are kept, and where the key is that seals them."""

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from worker.config.base import Options, option
from worker.config.kinds import OneOrMore, choice, misread, quoted
from worker.config.source import Located
from worker.config.values import KeyPlace

_KINDS = {"env": "an environment variable", "file": "a file", "aws": "an AWS secret", "gcp": "a Google secret"}
_EXPECTED = "env: NAME, file: PATH, aws: NAME or gcp: projects/PROJECT/secrets/NAME"
StoreChoice = Annotated[str, *choice("files", "logbook")]


def _place(value: Any) -> KeyPlace:
    if isinstance(value, str):
        kind, colon, where = value.partition(":")
        if not colon or kind.strip() not in _KINDS:
            # The text itself may be the key: it is not repeated.
            todo = "keep the key in one of these places; make a new one if this file was shared"
            raise misread("something that is no place of a key (not shown here)", _EXPECTED, todo)
    elif isinstance(value, dict) and len(value) == 1 and set(value) <= set(_KINDS):
        ((kind, where),) = value.items()
    else:
        raise misread(quoted(value), _EXPECTED)
    if not isinstance(where, str) or not where.strip():
        raise misread(quoted(where), f"the name of {_KINDS[kind.strip()]}")
    place = value.place if isinstance(value, Located) else ""
    return KeyPlace(kind.strip(), where.strip(), place)


KeyRef = Annotated[
    KeyPlace,
    BeforeValidator(_place),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": f"^({'|'.join(_KINDS)}):.+"},
                {
                    "type": "object",
                    "properties": {kind: {"type": "string"} for kind in _KINDS},
                    "minProperties": 1,
                    "maxProperties": 1,
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


class VaultOptions(Options):
    """Where saved connections are kept, sealed, and where their key is."""

    store: StoreChoice | None = option(
        "In files below the state folder, or in the logbook's database; by default in the logbook when it is "
        "PostgreSQL, else in files.",
        "files",
    )
    key: KeyRef | None = option(
        "Where the key is found that seals them; by default in the environment variable DUECOURSE_VAULT_KEY, else in "
        "this user's own configuration folder, where one is made on first need.",
        {"env": "DUECOURSE_VAULT_KEY"},
    )
    previous_keys: Annotated[list[KeyRef], OneOrMore] = option(
        "Where older keys are found, until everything they sealed is sealed again.",
        [{"env": "DUECOURSE_OLD_VAULT_KEY"}],
        default_factory=list,
        off=True,
    )
