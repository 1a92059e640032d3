"""The loader: files to a Practice, with every problem of every file at once. The only reader of configuration files."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from worker.clouds import forget
from worker.config import lint
from worker.config.checks import organisation_problems, practice_problems
from worker.config.clients_csv import read_clients
from worker.config.convert import alerts_of, books_of, page_of, ping_of, vault_of
from worker.config.digest import digest_of, digest_problems, hours_problems
from worker.config.languages import language_problems
from worker.config.mail import effective, mail_of, secret_of
from worker.config.options import PracticeOptions
from worker.config.options_organisation import OrganisationOptions
from worker.config.policies import DEFAULT, Shelf, own_templates, shipped_templates
from worker.config.source import Located, LocatedList, plain, read_yaml
from worker.config.validate import validate
from worker.config.values import OrganisationConfig, Practice
from worker.core.policy import Policy
from worker.core.settings import Mode
from worker.errors import ConfigError, Problem


def load(path: Path, env: Mapping[str, str], templates: frozenset[str] | None = None) -> Practice:
    """Read a configuration: `path` is config.yaml or its folder; organisations/, policies/ and wording/ lie beside it.

    `env` is where secrets named {env: NAME} are found, `templates` the messages a step may name (None: those that ship
    and those in wording/). No books are read and nothing is written. Raises ConfigError with all problems.
    """
    file = path / "config.yaml" if path.is_dir() else path
    folder = file.resolve().parent
    forget()
    problems: list[Problem] = []
    data, files = _gather(file, problems)
    written = validate(PracticeOptions, data, problems)
    if written is None:
        raise ConfigError(problems)
    if templates is None:
        templates = shipped_templates() | own_templates(folder / "wording")
    shelf = Shelf(written.policies, folder / "policies", templates, problems)
    shelf.check_own()
    problems += practice_problems(written)
    problems += digest_problems(written)
    organisations = tuple(
        _organisation(name, o, written, shelf, folder, env, problems)
        for name, o in sorted(written.organisations.items())
    )
    practice = Practice(
        Mode(written.mode),
        (folder / written.state).resolve(),
        mail_of(written.mail, folder / written.state, folder, env, problems if _is_shared(written) else []),
        organisations,
        logbook_url=secret_of(written.logbook.url, env, folder, problems) if written.logbook else None,
        instance=written.instance or "",
        allow_test_endpoints=written.allow_test_endpoints,
        stopped=written.stopped or "",
        ping=ping_of(written, env, folder, problems),
        alerts=alerts_of(written, env, folder, problems),
        keep_letters_days=written.retention.messages,
        fleet_every=timedelta(hours=int(written.fleet.every.partition(" ")[0])),
        files=tuple(files),
        contact_budget=written.contact_budget,
        warnings=tuple(
            dict.fromkeys(
                [
                    *lint.practice_warnings(written),
                    *(w for o in organisations for w in lint.organisation_warnings(o.written, o.policies)),
                ]
            )
        ),
        folder=folder,
        vault=vault_of(written, folder, env, problems),
        page=page_of(written, folder),
        page_every_run=written.page.every_run,
        digest=digest_of(written, folder, env, problems),
    )
    if problems:
        raise ConfigError(list(dict.fromkeys(problems)))
    return practice


def _organisation(
    name: str,
    written: OrganisationOptions,
    practice: PracticeOptions,
    shelf: Shelf,
    folder: Path,
    env: Mapping[str, str],
    problems: list[Problem],
) -> OrganisationConfig:
    policies: dict[str, Policy] = {}
    for policy, place in _named_policies(written, practice):
        if policy not in policies and (built := shelf.policy(policy, place)):
            policies[policy] = built
    problems += organisation_problems(name, written, practice, policies)
    problems += hours_problems(practice, policies)
    problems += lint.organisation_problems(written)
    problems += language_problems(written, practice, folder)
    books = books_of(written.books, folder, env, problems)
    mail = None
    if written.mail is not None:
        own = effective(practice.mail, written.mail)
        mail = mail_of(own, folder / practice.state, folder, env, problems)
    return OrganisationConfig(name, books, written.place, written, practice, policies, mail)


def _is_shared(written: PracticeOptions) -> bool:
    """Whether any organisation's mail leaves as the practice's does: only then are its secrets needed."""
    return any(o.mail is None for o in written.organisations.values())


def _named_policies(written: OrganisationOptions, practice: PracticeOptions) -> list[tuple[str, str]]:
    layers = [practice, written, *written.groups.values(), *written.payers.values(), *written.clients]
    named = [(x.policy, x.place_of("policy")) for x in layers if x.policy]
    named += [(rule.policy, rule.place_of("policy")) for rule in written.invoices if rule.policy]
    return [*named, (DEFAULT, "")]


def _gather(file: Path, problems: list[Problem]) -> tuple[Located, list[str]]:
    """config.yaml with the files of organisations/ put where a single file would have them."""
    try:
        data = read_yaml(file)
    except ConfigError as error:
        problems += error.problems
        data = Located(f"{file.name}:1")
    files, readable = [file.name], not problems
    folder = file.parent / "organisations"
    if not folder.is_dir():
        _stop_if(problems)
        return data, files
    key = next((k for k in data if plain(k) == "organisations"), "organisations")
    held = data.get(key)
    organisations = held if isinstance(held, Located) else Located(f"{file.name}:1")
    if held is None:
        data.put(key, organisations, organisations.place)
    found = sorted(p for p in folder.iterdir() if p.suffix in {".yaml", ".yml", ".csv"} and p.is_file())
    for part in sorted(found, key=lambda p: ".clients." in p.name):
        if ".clients." in part.name and not readable:
            continue  # whose clients they are stands in the file that could not be read
        shown = f"organisations/{part.name}"
        files.append(shown)
        try:
            _add(organisations, part, shown)
        except ConfigError as error:
            problems += error.problems
    _stop_if(problems)
    return data, files


def _stop_if(problems: list[Problem]) -> None:
    # What is not even YAML has no options to look at; reporting those too would only repeat the trouble.
    if problems:
        raise ConfigError(problems)


def _add(organisations: Located, part: Path, shown: str) -> None:
    name, _, rest = part.name.partition(".")
    if rest in {"clients.csv", "clients.yaml", "clients.yml"}:
        home = organisations.get(name)
        if not isinstance(home, Located):
            todo = f"add organisations/{name}.yaml, or give the file the name of an organisation"
            raise ConfigError(
                [Problem(shown, f'there is no organisation "{name}"', "clients of one that exists", todo)]
            )
        clients = read_clients(part, shown) if rest == "clients.csv" else _clients_yaml(part, shown)
        _extend(home, clients)
    elif rest in {"yaml", "yml"}:
        if name in organisations:
            todo = f"keep one of the two; the other is at {organisations.places[name]}"
            raise ConfigError([Problem(shown, f'the organisation "{name}" is written twice', "each once", todo)])
        organisations.put(name, read_yaml(part, shown), f"{shown}:1")
    else:
        todo = "rename or move the file"
        raise ConfigError(
            [Problem(shown, "not a name we know", "NAME.yaml, NAME.clients.csv or NAME.clients.yaml", todo)]
        )


def _clients_yaml(part: Path, shown: str) -> LocatedList:
    data = read_yaml(part, shown)
    others = [k for k in data if plain(k) != "clients"]
    clients = next((v for k, v in data.items() if plain(k) == "clients"), None)
    if others:
        todo = f"move it to organisations/{part.name.partition('.')[0]}.yaml"
        raise ConfigError([Problem(data.places[others[0]], f'unknown key "{others[0]}"', '"clients" only', todo)])
    return clients if isinstance(clients, LocatedList) else LocatedList(f"{shown}:1")


def _extend(home: Located, clients: LocatedList) -> None:
    key = next((k for k in home if plain(k) == "clients"), "clients")
    held = home.get(key)
    together = held if isinstance(held, LocatedList) else LocatedList(clients.place)
    together.extend(clients)
    together.places.extend(clients.places)
    home.put(key, together, home.places.get(key, clients.place))
