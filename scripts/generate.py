"""Writes what follows from the option models: the example, the JSON Schema and the reference. `--check` only compares.

Run by `make config`, and by `make check` with `--check`, which fails on drift.
"""

import json
import re
import sys
import textwrap
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from policies import __file__ as policies_file
from scripts.reference_pages import pages
from worker.config.base import Options
from worker.config.options import PracticeOptions
from worker.config.options_books import KINDS
from worker.config.options_policy import PolicyOptions
from worker.config.policies import presets, shipped_templates
from worker.core.policy import Policy
from worker.report.schemas import ANSWERS, schema_of

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 110


def main() -> int:
    """0 when everything is in step (or was written), 1 on drift."""
    check = "--check" in sys.argv[1:]
    stale = []
    for name, text in outputs().items():
        path = ROOT / name
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            print(f"wrote {name}")
    if check and stale:
        print(f"out of step with the program: {', '.join(stale)}\nrun `make config` and commit the result")
    return 1 if check and stale else 0


def outputs() -> dict[str, str]:
    """Every generated file by its name."""
    return {
        "config.example.yaml": example(),
        "docs/reference/config.schema.json": json.dumps(schema(), indent=2, ensure_ascii=False) + "\n",
        "docs/reference/configuration.md": configuration(),
        "docs/reference/policy.md": policy_page(),
        **{f"docs/reference/{name}.schema.json": json.dumps(schema_of(name), indent=2) + "\n" for name in ANSWERS},
        **pages(),
    }


# ---- the shape of a field -------------------------------------------------------------------------------------------


def fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The model's own fields first, then those it shares; by the key people write."""
    own = [n for n in model.model_fields if n in model.__annotations__]
    names = own + [n for n in model.model_fields if n not in own]
    names.sort(key=("policies", "organisations").__contains__)  # the two long ones last; the sort is stable
    return {model.model_fields[n].alias or n: model.model_fields[n] for n in names}


def inner(annotation: Any) -> tuple[str, Any]:
    """("one" | "list" | "map" | "text", the option model inside)."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return inner(get_args(annotation)[0])
    if origin in (Union, UnionType):
        kinds = [inner(a) for a in get_args(annotation) if a is not type(None)]
        return next((k for k in kinds if k[1]), ("text", None))
    if origin in (list, dict):
        model = inner(get_args(annotation)[-1])[1]
        return ("list" if origin is list else "map") if model else "text", model
    return ("one", annotation) if isinstance(annotation, type) and issubclass(annotation, Options) else ("text", None)


def extra(field: FieldInfo) -> dict[str, Any]:
    """Example, unit and whether it is off by default."""
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


# ---- the example ----------------------------------------------------------------------------------------------------


def example() -> str:
    """config.example.yaml: every option once, with its description; it loads as it stands."""
    head = [
        "# Every option of duecourse, with an example of each. Generated from the option models: do not edit.",
        "# Start from `duecourse init` instead, and take from here what you need. Keys may be written with spaces,",
        "# dashes or underscores. Each organisation may have a file of its own: organisations/NAME.yaml.",
        "",
    ]
    return "\n".join([*head, *block(PracticeOptions, 0), *OTHER_BOOKS]) + "\n"


OTHER_BOOKS = [
    "",
    "  # An organisation whose books are exported as CSV files.",
    "  quayside-books:",
    "    books:",
    *(f"      {line}" for line in ("kind: csv", "# The files, relative to this one.")),
    "      invoices: books/invoices.csv",
    "      clients: books/clients.csv",
    "      payments: books/payments.csv",
    "      credits: books/credits.csv",
    "      currency: GBP",
    "      dates: day first",
    "      decimals: point",
    "",
    "  # The simulated company that ships with duecourse.",
    "  demo:",
    "    books:",
    "      kind: sandbox",
    "      # A sandbox that is running already; without it one is started in memory.",
    "      # url: http://127.0.0.1:8765",
    "      tenant: demo-company",
]


def block(model: type[BaseModel], depth: int) -> list[str]:
    """The lines of one model."""
    lines: list[str] = []
    for key, field in fields_of(model).items():
        pad = "  " * depth
        unit = f" ({extra(field)['unit']})" if extra(field).get("unit") else ""
        for line in textwrap.wrap(f"{field.description}{unit}", WIDTH - len(pad)):
            lines.append(f"{pad}# {line}")
        body = option_lines(key, field, depth)
        lines += [f"{pad}# {line[len(pad) :]}" for line in body] if extra(field).get("off") else body
        if depth == 0:
            lines.append("")
    return lines[:-1] if depth == 0 else lines


def option_lines(key: str, field: FieldInfo, depth: int) -> list[str]:
    """`key: value`, or the key with its block below."""
    pad, (shape, model), sample = "  " * depth, inner(field.annotation), extra(field).get("example")
    if key == "kind":
        return [f"{pad}kind: {sample}"]
    if shape == "text" or (sample is not None and not (isinstance(sample, dict) and None in sample.values())):
        return [f"{pad}{key}: {flow(sample)}"] if shape != "map" else [f"{pad}{key}:", *literal(sample, depth + 1)]
    if shape == "one":
        return [f"{pad}{key}:", *block(model, depth + 1)]
    if shape == "list":
        first, *rest = block(model, depth + 2)
        return [f"{pad}{key}:", f"{pad}  - {first.strip()}", *rest]
    (name,) = sample
    return [f"{pad}{key}:", f"{pad}  {scalar(name)}:", *block(model, depth + 2)]


def literal(value: dict[str, Any], depth: int) -> list[str]:
    """A mapping written out, one key a line."""
    return [f"{'  ' * depth}{scalar(k)}: {flow(v)}" for k, v in value.items()]


def flow(value: Any) -> str:
    """A value on one line, as a person would write it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(k)}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(v) for v in value) + "]"
    return scalar(str(value))


def scalar(text: str) -> str:
    """Text, quoted where YAML would read something else."""
    plain = re.fullmatch(r"[A-Za-z0-9./](?:[^:#,\[\]{}\"]|:(?=\S))*", text) and not re.fullmatch(r"\d+:\d+.*", text)
    return text if plain else json.dumps(text, ensure_ascii=False)


# ---- the schema -----------------------------------------------------------------------------------------------------


def schema() -> dict[str, Any]:
    """The JSON Schema of config.yaml, for editors; keys in their usual spelling."""
    made = PracticeOptions.model_json_schema(by_alias=True)
    _tidy(made)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def _tidy(node: Any) -> None:
    if isinstance(node, list):
        for item in node:
            _tidy(item)
    if not isinstance(node, dict):
        return
    if "off" in node and "unit" in node:
        sample, unit = node.pop("example", None), node.pop("unit")
        del node["off"]
        if sample is not None and not (isinstance(sample, dict) and None in sample.values()):
            node["examples"] = [sample]
        if unit:
            node["description"] = f"{node['description']} Unit: {unit}."
    for value in node.values():
        _tidy(value)


# ---- the reference --------------------------------------------------------------------------------------------------

NOTE = "<!-- Generated from the option models by scripts/generate.py: do not edit. -->"


def configuration() -> str:
    """docs/reference/configuration.md."""
    parts = [NOTE, "# Configuration", INTRODUCTION, section("config.yaml", PracticeOptions, 2)]
    seen: set[type[BaseModel]] = {PracticeOptions, PolicyOptions}
    parts += sections(PracticeOptions, seen, "")
    return "\n\n".join(parts) + "\n"


INTRODUCTION = """\
What can be written in `config.yaml`, in `organisations/NAME.yaml` and in `organisations/NAME.clients.csv` (or
`.clients.yaml`). One file may hold everything. Keys may be written with spaces, dashes or underscores, in any case.
A key we do not know is an error, and so is a hold, a `pays`, a dispute or a promise whose client is not in the books.

Settings resolve, from the farthest to the nearest: built in, practice, organisation, group in the books, payer,
client, matching invoice. The nearest wins, except that ceilings can only be tightened and holds add up.
`duecourse explain CLIENT` prints the file and the line of each.

Secrets are never written here: write where they are found, `{env: NAME}` or `{file: PATH}`.

Policies and their steps have a page of their own: [policy.md](policy.md)."""


def sections(model: type[BaseModel], seen: set[type[BaseModel]], path: str) -> list[str]:
    """The models below a model, each once, depth first."""
    found: list[str] = []
    for key, field in fields_of(model).items():
        here = f"{path} / {key}" if path else key
        models = KINDS.values() if key == "books" else [m for m in [inner(field.annotation)[1]] if m]
        for below in models:
            if below in seen:
                continue
            seen.add(below)
            kind = next((f": {k}" for k, m in KINDS.items() if m is below), "")
            found.append(section(here + kind, below, 2))
            found += sections(below, seen, here)
    return found


def section(title: str, model: type[BaseModel], level: int) -> str:
    """A heading, what the model is, and a table of its options."""
    lines = [f"{'#' * level} {title}", "", (model.__doc__ or "").strip(), ""]
    lines += ["| option | what it is | example | unit | unless written |", "|---|---|---|---|---|"]
    for key, field in fields_of(model).items():
        sample, unit = extra(field).get("example"), extra(field).get("unit", "")
        shown = "" if sample is None or (isinstance(sample, dict) and None in sample.values()) else f"`{flow(sample)}`"
        row = [f"`{key}`", field.description or "", shown, unit, default_of(field)]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
    return "\n".join(lines)


def default_of(field: FieldInfo) -> str:
    """What holds when the option is not written."""
    if field.is_required():
        return "**needed**"
    if isinstance(field.default, bool):
        return "yes" if field.default else "no"
    return f"`{field.default}`" if isinstance(field.default, str | int) and field.default != "" else ""


def policy_page() -> str:
    """docs/reference/policy.md."""
    parts = [NOTE, "# Policies", POLICY_INTRODUCTION, section("A policy", PolicyOptions, 2)]
    parts += sections(PolicyOptions, {PolicyOptions}, "")
    parts += [GRAMMAR, "## Messages a step can send", ", ".join(f"`{t}`" for t in sorted(shipped_templates())) + "."]
    parts += ["## Presets", f"In `{Path(policies_file).parent.name}/`; each may be extended."]
    parts += [preset(p) for p in presets().values()]
    return "\n\n".join(parts) + "\n"


POLICY_INTRODUCTION = """\
A policy is an ordered list of steps: when to write or to open a task, and on what condition. It is written in
`policies/NAME.yaml` beside `config.yaml`, or under `policies:` in it. With `extends` it starts from another policy:
a step of the same name changes only what it says, a new step goes where its neighbours are, `remove` takes steps out,
and a list that names every step sets the order. A step's name is its identity; after a rename, write `was`."""

GRAMMAR = """\
## When a step comes

```text
when    = clause { "," ( "not before" | "at latest" ) clause }
clause  = "on" moment | span ( "before" | "after" ) moment
span    = number ( "day" | "business day" | "week" | "month" ) [ "s" ]
moment  = [ "the" ] anchor | "end of month of" clause
anchor  = "issued" | "due" | "cut-off" | "payment run" | ordinal "missed payment run" | "previous"
        | "promised date" | "instalment" | "statement" | "collection"
```

`previous` is the last contact about this invoice that was completed; the first step cannot count from it. The last
step must be a task or a final notice, so that every chase ends with a person.

## Conditions

`if: {balance: "> 250"}` compares; `if: {any: [first invoice, missed runs in last 6: ">= 1"]}` and `all` join; several
keys in one mapping must all hold; `if: always` takes a condition of the extended policy away. What can be asked:

```text
condition = test | "{" test { "," test } "}" | "{any: [" condition { "," condition } "]}" | "{all: [" ... "]}"
test      = "first invoice" | name ":" value
value     = comparison number | word
comparison = ">" | ">=" | "<" | "<=" | "="
```

| test | holds when |
|---|---|
| `balance: "> 250"` | the payer's open sum in the invoice's currency compares so |
| `balance: {GBP: "> 250", EUR: "> 300", otherwise: "> 300"}` | per currency; others do not fit without `otherwise` |
| `oldest: ">= 30 days"` | the payer's oldest overdue invoice is that many days late |
| `invoices: ">= 3"` | the payer has that many overdue invoices |
| `currency: EUR` | the invoice is in it |
| `group: Agencies` | the client is in that group of the books |
| `first invoice` (or `first invoice: no`) | it is the client's first, nothing was ever paid, and we never wrote |
| `missed runs in last 6: ">= 1"` | of its last six payment runs, so many passed an invoice by that belonged in them |
| `paid late in last 6: ">= 3"` | of its last six paid invoices, so many were settled after the due date |
| `usual: "> 14 days"` | it usually pays so many days after the due date (the median; unknown below five payments) |
| `client since: "< 6 months"` | so long since its first invoice in the books (days, weeks, months, years) |
| `plans: offered` | the policy offers instalment plans, and what is overdue is in one currency |

Comparisons are quoted: `">= 1"`. What is not known fits no comparison, in either direction.

## What was agreed

A step on `instalment` or `collection` is for invoices whose ladder is suspended: by an agreed plan (`plans:`, or
`duecourse plan`), or because the money is collected (`collects:`). An instalment is missed two business days after its
day; one is asked for at a time; when nobody answers, or a second one is missed, a person is asked. A collection that
did not come is a task first; `duecourse done TASK failed` confirms it, and then the message goes. Without such steps a
person is asked at once. A step `when: on statement` lists the whole account on the day written under `statement:`; it
counts as a contact, goes only when nothing else goes that day, and at most a week late."""


def preset(policy: Policy) -> str:
    """One preset as a table of its steps."""
    lines = [f"### {policy.name}", "", policy.description, "", "| step | stage | when | while no run is known | does |"]
    lines.append("|---|---|---|---|---|")
    for step in policy.steps:
        unknown = step.when_unknown.words() if step.when_unknown else ""
        does = f"task: {step.task}" if step.task else f"message: {step.message}"
        does += f", or {step.message_if_run_stated} if the run was stated" if step.message_if_run_stated else ""
        does += "; after approval" if step.approval else ""
        lines.append(f"| {step.name} | {step.stage} | {step.when.words()} | {unknown} | {does} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
