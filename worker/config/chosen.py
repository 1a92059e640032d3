"""A policy a person points at: by its name, or by a file that need not lie in policies/ yet."""

from pathlib import Path

from worker.config.options_policy import PolicyOptions
from worker.config.policies import DEFAULT, Shelf, own_templates, shipped_templates
from worker.config.source import read_yaml
from worker.config.validate import validate
from worker.config.values import OrganisationConfig, Practice
from worker.core.policy import Policy
from worker.errors import ConfigError, Problem


def policy_called(text: str, practice: Practice) -> Policy:
    """The policy with this name, or written in this file (anything that ends in .yaml or .yml).

    Raises ConfigError with every problem of it.
    """
    problems: list[Problem] = []
    inline = dict(practice.organisations[0].practice.policies) if practice.organisations else {}
    name = text
    if text.endswith((".yaml", ".yml")):
        file = Path(text)
        name = file.stem
        if not file.is_file():
            todo = "correct the path, or name a policy"
            raise ConfigError([Problem("command line", f"{text}: there is no such file", "a policy's file", todo)])
        written = validate(PolicyOptions, read_yaml(file, text), problems)
        if written is None:
            raise ConfigError(problems)
        inline[name] = written
    templates = shipped_templates() | own_templates(practice.folder / "wording")
    found = Shelf(inline, practice.folder / "policies", templates, problems).policy(name, "command line")
    if problems or found is None:
        raise ConfigError(list(dict.fromkeys(problems)))
    return found


def default_policy(organisation: OrganisationConfig) -> Policy:
    """The policy of every client of an organisation for whom nobody wrote another."""
    return organisation.policies[organisation.written.policy or organisation.practice.policy or DEFAULT]
