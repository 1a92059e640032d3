"""Every field the sandbox writes and every field the connector reads is one of Intuit's schema, when it lies near."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

from connectors.quickbooks import rows as row
from connectors.sandbox.company import DEFAULT_START, Company
from connectors.sandbox.quickbooks_company import COMPANY
from connectors.sandbox.quickbooks_rows import ENTITIES, Shelf
from connectors.sandbox.world import Limits, World
from tests.specs import spec_file

XS = "{http://www.w3.org/2001/XMLSchema}"
# JSON's own: attributes of the XML, the value of a reference, what is in the schema's prose only.
JSON_ONLY = {"domain", "sparse", "status", "value", "name", "DeliveryTime", "City", "Country"}


@cache
def schema() -> dict[str, dict[str, str]]:
    """Types of the schema: element names -> type, ancestors' included."""
    own: dict[str, tuple[str, dict[str, str]]] = {}
    for name in ("Finance.xsd", "IntuitBaseTypes.xsd", "IntuitNamesTypes.xsd"):
        path = spec_file(f"qbo_xsd/{name}")
        if path is None:
            pytest.skip(f"{name} is not beside this checkout (set DUECOURSE_SHARED)")
        for kind in ElementTree.parse(path).getroot().iter(f"{XS}complexType"):
            base = next((e.get("base", "") for e in kind.iter(f"{XS}extension")), "")
            fields = {e.get("name") or e.get("ref", ""): e.get("type", "") for e in kind.iter(f"{XS}element")}
            fields |= {e.get("name", ""): "" for e in kind.iter(f"{XS}attribute")}
            if kind.get("name"):
                own[kind.get("name", "")] = (base, fields)

    def whole(name: str) -> dict[str, str]:
        base, fields = own.get(name, ("", {}))
        return {**(whole(base) if base in own else {}), **fields}

    return {name: whole(name) for name in own}


def strangers(kind: str, value: Any, path: str) -> Iterator[str]:
    """Fields that the type does not have; a type of attributes only is not looked into."""
    if isinstance(value, list):
        for one in value:
            yield from strangers(kind, one, path)
        return
    known = schema().get(kind, {})
    if not isinstance(value, dict) or not known:
        return
    for name, inner in value.items():
        if name not in known and name not in JSON_ONLY:
            yield f"{path}.{name}"
        elif known.get(name):
            yield from strangers(re.sub(r"^\w+:", "", known[name]), inner, f"{path}.{name}")


NOW = datetime(2026, 10, 1, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def company() -> Company:
    return Company.simulate(7, DEFAULT_START, date(2026, 12, 31))


@pytest.mark.parametrize("entity", ENTITIES)
def test_what_the_sandbox_writes(company: Company, entity: str) -> None:
    world, tenant = World.of([company], NOW, Limits(), datetime.resolution), company.organisation.id
    rows = Shelf(world).of(tenant, world.books(tenant)).rows[entity]
    assert rows and entity in schema()
    assert {s for one in rows for s in strangers(entity, one, entity)} == set()


@pytest.mark.parametrize("entity", COMPANY)
def test_the_company_and_its_preferences(company: Company, entity: str) -> None:
    assert set(strangers(entity, COMPANY[entity](company, NOW), entity)) == set()


@pytest.mark.parametrize(
    ("kind", "read"),
    [
        ("Invoice", row.InvoiceRow), ("Payment", row.PaymentRow), ("CreditMemo", row.CreditMemoRow),
        ("Customer", row.CustomerRow), ("Term", row.TermRow), ("CompanyInfo", row.CompanyRow),
        ("Preferences", row.PreferencesRow), ("MemoRef", row.Ref), ("ModificationMetaData", row.Times),
        ("TransactionDeliveryInfo", row.Delivery), ("LinkedTxn", row.Linked), ("CustomField", row.OwnField),
    ],
)  # fmt: skip
def test_what_the_connector_reads(kind: str, read: type[msgspec.Struct]) -> None:
    names = {f.encode_name for f in msgspec.structs.fields(read)}
    assert names - set(schema().get(kind, {})) - JSON_ONLY == set()


def test_the_check_can_fail() -> None:
    assert set(strangers("Invoice", {"Balance": 1, "Ballance": 2}, "Invoice")) == {"Invoice.Ballance"}
