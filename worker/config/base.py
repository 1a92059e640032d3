"""What every option model shares: forgiving spelling of keys, strict vocabulary, and the place of each value."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationInfo,
    model_validator,
)

from worker.config.source import Located, guess, nearest, plain
from worker.errors import Problem


@dataclass
class Found:
    """Collects, during one validation, the problems that pydantic cannot place itself."""

    problems: list[Problem] = field(default_factory=list)


def option(
    description: str,
    example: Any = None,
    unit: str = "",
    alias: str | None = None,
    default: Any = None,
    off: bool = False,
    **more: Any,
) -> Any:
    """A field: its description, an example (a text as a person writes it), its unit, and a key unlike its name.

    `off`: config.example.yaml shows it commented out, since few want it or it goes instead of another option.
    """
    extra = {"example": example, "unit": unit, "off": off}
    if "default_factory" not in more:
        more["default"] = default
    return Field(description=description, alias=alias, json_schema_extra=extra, **more)


class Options(BaseModel):
    """Base of all option models. Keys may be written with spaces, dashes or underscores, in any case."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        validate_default=False,
        arbitrary_types_allowed=True,
        defer_build=True,  # the outermost model's validator holds those of all within: building each apart is waste
        alias_generator=lambda name: name.replace("_", " ").strip(),
    )
    _place: str = PrivateAttr(default="")
    _places: dict[str, str] = PrivateAttr(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        if not isinstance(data, Located):
            return handler(data)
        known = respell(data, {plain(a): a for a in keys_of(cls)}, info.context, cls.elsewhere())
        model = handler(known)
        names = {f.alias or n: n for n, f in cls.model_fields.items()}
        model._place = data.place
        model._places = {names[k]: p for k, p in known.places.items() if k in names}
        return model

    @classmethod
    def elsewhere(cls) -> dict[str, str]:
        """Keys people look for here that belong somewhere else: plain key -> where to write it."""
        return {}

    @property
    def place(self) -> str:
        """The "file:line" this was written at, "" when built in."""
        return self._place

    def take_places(self, other: "Options") -> None:
        """Point to where another model's options are written, for those that were taken from it."""
        self._place, self._places = other._place, {**self._places, **other._places}

    def place_of(self, name: str) -> str:
        """The "file:line" of one option by its field name, else of the whole."""
        return self._places.get(name, self._place)


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys of a model as people write them."""
    return [f.alias or n for n, f in model.model_fields.items()]


def respell(data: Located, known: dict[str, str], found: Found | None, elsewhere: dict[str, str]) -> Located:
    """The same mapping with canonical keys; unknown and doubled keys are collected and left out."""
    problems = found.problems if found else []
    out = Located(data.place)
    for key, value in data.items():
        name = known.get(plain(key))
        place = data.places[key]
        if name is None and plain(key) in elsewhere:
            problems.append(Problem(place, f'"{key}" does not belong here', elsewhere[plain(key)], "move it there"))
        elif name is None:
            near = nearest(key, known.values())
            expected = f'"{near}"' if near else one_of(known.values())
            todo = guess(key, known.values(), "remove it, or look it up in docs/reference/configuration.md")
            problems.append(Problem(place, f'unknown key "{key[:60]}"', expected, todo))
        elif name in out:
            problems.append(Problem(place, f'"{key}" is written twice', "each key once", f"see {out.places[name]}"))
        else:
            out.put(name, value, place)
    return _without_empty(out)


def _without_empty(data: Located) -> Located:
    # "holds:" with everything below it commented out means no holds; an empty scalar is told by its own kind.
    for key in [k for k, v in data.items() if v is None and k in _MAY_BE_EMPTY]:
        del data[key]
    return data


_MAY_BE_EMPTY = {
    *(
        "organisations",
        "clients",
        "holds",
        "disputes",
        "promises",
        "plans",
        "invoices",
        "payers",
        "groups",
        "quiet",
        "policies",
    ),
    *(
        "approvals",
        "pause",
        "signatures",
        "never contact",
        "contacts",
        "remove",
        "ways to pay",
        "own domains",
        "closed",
        "dkim selectors",
    ),
}


def one_of(words: Iterable[str]) -> str:
    """`one of a, b, c`, shortened when there are very many."""
    names = sorted(words)
    return "one of " + ", ".join(names[:24]) + (", ..." if len(names) > 24 else "")
