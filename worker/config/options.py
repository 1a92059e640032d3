"""Options of config.yaml. They are the single source for validation, the JSON Schema, the example and the reference."""

from typing import Annotated

from worker.config.base import Options, keys_of, option
from worker.config.kinds import ClosureText, OneOrMore, Url, Words, YesNo, Zone, choice
from worker.config.options_care import AlertOptions, FleetOptions, RetentionOptions
from worker.config.options_client import Common
from worker.config.options_digest import Approver, DigestOptions
from worker.config.options_mail import MailOptions
from worker.config.options_organisation import CapsOptions, OrganisationOptions, PauseOptions
from worker.config.options_page import PageOptions
from worker.config.options_policy import PerMonth, PolicyOptions
from worker.config.options_vault import VaultOptions
from worker.config.secret import SecretRef
from worker.config.source import plain

ModeChoice = Annotated[str, *choice("preview", "live")]


class DatabaseUrl(Options):
    """A PostgreSQL database."""

    url: SecretRef = option("Where its URL is found.", {"env": "DUECOURSE_LOGBOOK_URL"}, alias="url from", default=...)


class PingOptions(Options):
    """A dead-man's switch: an address that is called after each sweep, and alerts you when it is not."""

    url: Url | None = option("The address.", "https://example.com/ping", off=True)
    secret_url: SecretRef | None = option(
        "Where a secret address is found.", {"env": "DUECOURSE_PING_URL"}, alias="url from"
    )


class PracticeOptions(Common):
    """Everything in config.yaml."""

    mode: ModeChoice = option("Preview shows what would be sent; live sends it.", "preview", default="preview")
    state: Words = option("Folder for the logbook, the outbox and tokens.", "./state", default="state")
    logbook: DatabaseUrl | None = option("A PostgreSQL logbook; without it, an SQLite file in the state folder.")
    vault: VaultOptions = option("Where saved connections and their key are.", default_factory=VaultOptions)
    instance: Words | None = option(
        "Id of the logbook that live mode must find; a copy or a restored backup has another.", "3f2b8c1e", off=True
    )
    allow_test_endpoints: YesNo = option(
        "Allow other addresses for platforms; never in live mode.", "no", default=False
    )
    stopped: Words | None = option("Stops everything, and says why.", "we are moving our books", off=True)
    mail: MailOptions = option("Which way messages leave, and who gets copies.", default_factory=MailOptions)
    page: PageOptions = option("Where the preview page is written.", default_factory=PageOptions)
    ping: PingOptions | None = option("A dead-man's switch.")
    alerts: AlertOptions | None = option("Where trouble is told, besides the report.")
    fleet: FleetOptions = option("How several workers share the organisations.", default_factory=FleetOptions)
    digest: DigestOptions | None = option("The morning digest.", off=True)
    approvers: Annotated[list[Approver], OneOrMore] = option(
        "Whose answers to the digest count.", default_factory=list, off=True
    )
    retention: RetentionOptions = option("How long letters are kept.", default_factory=RetentionOptions)
    zone: Zone | None = option("Time zone of organisations that name none.", "Europe/London")
    quiet: Annotated[list[ClosureText], OneOrMore] = option(
        "Yearly periods in which nothing but thanks leaves, for every organisation.",
        ["22 dec - 4 jan every year"],
        default_factory=list,
    )
    pause: Annotated[list[PauseOptions], OneOrMore] = option(
        "Periods, once, in which nothing leaves.", default_factory=list
    )
    caps: CapsOptions = option("Hard ceilings per payer, for every organisation.", default_factory=CapsOptions)
    contact_budget: PerMonth | None = option(
        "Warn when one address hears more than this from all organisations together; nothing is held.",
        "6 a month",
        "at most 10",
        off=True,
    )
    approvals: Annotated[list[Words], OneOrMore] = option(
        "Ids of approvals given here.", ["a1b2c3"], default_factory=list
    )
    policies: dict[str, PolicyOptions] = option(
        "Policies written here; see docs/reference/policy.md.", {"our-own": None}, default_factory=dict
    )
    organisations: dict[str, OrganisationOptions] = option(
        "The organisations, unless each has a file in organisations/.", {"harbour-studio": None}, default_factory=dict
    )

    @classmethod
    def elsewhere(cls) -> dict[str, str]:
        """What is written per organisation is often looked for at the top."""
        return {plain(key): f"under organisations: NAME: {key}:" for key in keys_of(OrganisationOptions)}
