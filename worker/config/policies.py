"""Policies from YAML to core values: presets, the bookkeeper's own files, and those written in config.yaml."""

from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from worker.config.ladder import merged
from worker.config.ladder_checks import ladder_problems
from worker.config.lint import policy_problems
from worker.config.options_policy import PolicyOptions
from worker.config.policy_values import policy_of
from worker.config.source import guess, parse_yaml, read_yaml
from worker.config.validate import validate
from worker.core.policy import Policy
from worker.errors import ConfigError, Problem

DEFAULT = "considerate"


def shipped_templates() -> frozenset[str]:
    """The messages that ship with duecourse, by name; files that begin with an underscore are parts of others."""
    return frozenset(_message_names(resources.files("policies") / "wording" / "en"))


def own_templates(folder: Path) -> frozenset[str]:
    """The messages in wording/LANGUAGE/ beside config.yaml."""
    languages = [p for p in folder.iterdir() if p.is_dir()] if folder.is_dir() else []
    return frozenset(name for language in languages for name in _message_names(language))


def _message_names(folder: Traversable) -> list[str]:
    names = [f.name for f in folder.iterdir()]
    return [n.removesuffix(".md") for n in names if n.endswith(".md") and n[0] not in "_." and n != "README.md"]


def preset_names() -> list[str]:
    """The policies that ship with duecourse, `base` (which has no steps of its own) included."""
    files = resources.files("policies").iterdir()
    return sorted(f.name.removesuffix(".yaml") for f in files if f.name.endswith(".yaml"))


class Shelf:
    """Every policy that can be named, built on first use. What is nearer hides what is farther:
    written in config.yaml, then a file in policies/ beside it, then the presets."""

    def __init__(
        self,
        inline: Mapping[str, PolicyOptions],
        folder: Path | None,
        templates: frozenset[str],
        problems: list[Problem],
    ) -> None:
        """Problems of the policies that are asked for are appended to `problems`, once each."""
        self._written = dict(inline)
        self._folder = folder
        self._templates = templates
        self._problems = problems
        self._raw: dict[str, PolicyOptions | None] = {}
        self._built: dict[str, Policy | None] = {}
        self._presets = preset_names()

    def names(self) -> list[str]:
        """Every name, sorted."""
        own = [p.stem for p in self._folder.glob("*.yaml")] if self._folder and self._folder.is_dir() else []
        return sorted({*self._written, *own, *self._presets})

    def policy(self, name: str, place: str) -> Policy | None:
        """The policy called `name`, asked for at `place`; None when there is a problem with it."""
        if name not in self.names():
            self._problems.append(self._unknown("policy", name, place))
            return None
        if name not in self._built:
            self._built[name] = self._build(name)
        return self._built[name]

    def check_own(self) -> None:
        """Build everything the person wrote, used or not, so that problems show before the policy is needed."""
        for name in self.names():
            if name in self._written or name not in self._presets:
                self.policy(name, "")

    def _build(self, name: str) -> Policy | None:
        before = len(self._problems)
        whole = self._extended(name, ())
        if whole is None or len(self._problems) > before:
            return None
        wrong = ladder_problems(name, whole, self._templates)
        self._problems += wrong or policy_problems(name, whole)
        return policy_of(name, whole) if len(self._problems) == before else None

    def _extended(self, name: str, below: tuple[str, ...]) -> PolicyOptions | None:
        own = self._options(name)
        if own is None or own.extends is None:
            return own
        parent, place = own.extends, own.place_of("extends")
        # A policy of your own may extend the preset whose name it takes.
        if parent == name and name in self._presets and (name in self._written or self._own_file(name)):
            whole = self._read_preset(name)
            if whole is not None and whole.extends:
                upper = self._extended(whole.extends, (*below, name))
                whole = merged(upper, whole, self._problems) if upper else None
        elif parent in (*below, name):
            chain = " -> ".join([*below, name, parent])
            self._problems.append(
                Problem(place, f"extends: {chain} goes round in a circle", "a policy that ends the chain")
            )
            return None
        elif parent not in self.names():
            self._problems.append(self._unknown("policy", parent, place))
            return None
        else:
            whole = self._extended(parent, (*below, name))
        return merged(whole, own, self._problems) if whole else None

    def _options(self, name: str) -> PolicyOptions | None:
        if name in self._written:
            return self._written[name]
        if name not in self._raw:
            file = self._own_file(name)
            self._raw[name] = self._read_file(file) if file else self._read_preset(name)
        return self._raw[name]

    def _own_file(self, name: str) -> Path | None:
        file = self._folder / f"{name}.yaml" if self._folder else None
        return file if file and file.is_file() else None

    def _read_file(self, file: Path) -> PolicyOptions | None:
        try:
            return validate(PolicyOptions, read_yaml(file, f"policies/{file.name}"), self._problems)
        except ConfigError as error:
            self._problems += error.problems
            return None

    def _read_preset(self, name: str) -> PolicyOptions | None:
        text = (resources.files("policies") / f"{name}.yaml").read_text("utf-8")
        return validate(PolicyOptions, parse_yaml(text, f"preset {name}.yaml"), self._problems)

    def _unknown(self, what: str, name: str, place: str) -> Problem:
        todo = guess(name, self.names(), "name one of these, or write it under policies:")
        return Problem(place, f'there is no {what} "{name[:60]}"', f"one of {', '.join(self.names())}", todo)


def presets() -> dict[str, Policy]:
    """Every shipped policy that has steps. Raises ConfigError."""
    problems: list[Problem] = []
    shelf = Shelf({}, None, shipped_templates(), problems)
    found = {name: shelf.policy(name, f"preset {name}.yaml") for name in preset_names() if name != "base"}
    if problems:
        raise ConfigError(problems)
    return {name: replace(policy) for name, policy in found.items() if policy}
