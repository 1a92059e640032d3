"""Located data through an option model: every problem at once, each at the line it was written on."""

from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from worker.config.base import Found, Options, one_of
from worker.config.kinds import quoted
from worker.config.source import Data, Located, LocatedList, guess, plain
from worker.errors import Problem

M = TypeVar("M", bound=Options)


def validate(model: type[M], data: Located, problems: list[Problem]) -> M | None:
    """The model, or None with the reasons appended to `problems`."""
    found = Found()
    result: M | None = None
    try:
        result = model.model_validate(data, context=found)  # builds its validator once, when first asked
    except ValidationError as error:
        found.problems += [_problem(e, data) for e in error.errors(include_url=False, include_input=False)]
    problems += _unique(found.problems)
    return None if found.problems else result


def _unique(problems: list[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))


def _problem(error: ErrorDetails, root: Located) -> Problem:
    place, key, value = _walk(root, error["loc"])
    context: dict[str, Any] = error.get("ctx") or {}
    kind = error["type"]
    named = f"{key}: " if key else ""
    if kind == "misread":
        return Problem(place, f"{named}{context['found']}", context["expected"], context["todo"])
    if kind == "missing":
        # pydantic names the missing key last; the walk stopped at the mapping that lacks it.
        lacking = str(error["loc"][-1])
        return Problem(place, f'"{lacking}" is missing', f'a line "{lacking}: ..."', f"add it{_below(key)}")
    if kind == "union_tag_not_found":
        return Problem(place, f'{named}"kind" is missing', "kind: xero | csv | sandbox", "say where the books are")
    if kind == "union_tag_invalid":
        kinds = ["xero", "csv", "sandbox"]
        return Problem(place, f'kind: "{context["tag"]}"', one_of(kinds), guess(str(context["tag"]), kinds))
    if kind in {"too_short", "list_too_short"}:
        return Problem(place, f"{named}an empty list", "at least one", "")
    if kind in {"greater_than_equal", "less_than_equal"}:
        ends = f"{'at least' if kind[0] == 'g' else 'at most'} {context.get('ge', context.get('le'))}"
        return Problem(
            place, f"{named}{quoted(value)}", ends, "a hard ceiling can only be tightened" if "per" in key else ""
        )
    return Problem(place, f"{named}{quoted(value)}", _EXPECTED.get(kind, error["msg"]), "")


_EXPECTED = {
    "model_type": "keys and values, indented below it",
    "model_attributes_type": "keys and values, indented below it",
    "dict_type": "names with keys and values, indented below it",
    "list_type": 'a list: lines that begin with "- ", or [one, another]',
    "string_type": "text on the same line",
}


def _below(key: str) -> str:
    return f' below "{key}"' if key else ""


def _walk(root: Located, loc: tuple[int | str, ...]) -> tuple[str, str, Data]:
    """Follow an error's location through the data: the deepest place, the last key on the way, and what is there."""
    here: Data = root
    place, key = root.place, ""
    for part in loc:
        if isinstance(here, Located):
            # A part that is no key is one of pydantic's own (the tag of a union).
            match = next((k for k in here if k == part), None) or next(
                (k for k in here if plain(k) == plain(str(part))), None
            )
            if match is not None:
                place, key, here = here.places[match], match, here[match]
        elif isinstance(here, LocatedList) and isinstance(part, int) and part < len(here):
            place, here = here.places[part], here[part]
    return place, key, here
