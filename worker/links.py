"""Pay links kept in the logbook, so that each is asked for once."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worker.logbook.store import SqlLogbook


@dataclass(frozen=True)
class Links:
    """Pay links kept in the logbook, for connectors that must ask for each one; read once, when first needed."""

    logbook: "SqlLogbook"
    organisation: str

    @cached_property
    def _known(self) -> dict[str, str]:
        return self.logbook.links(self.organisation)

    def get(self, invoice_id: str) -> str | None:
        """The link of an invoice, if it is known."""
        return self._known.get(invoice_id)

    def put(self, invoice_id: str, url: str) -> None:
        """Keep a link."""
        self._known[invoice_id] = url
        self.logbook.remember_link(self.organisation, invoice_id, url)
