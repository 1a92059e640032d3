"""Zones and countries as Xero writes them."""

from zoneinfo import ZoneInfo

import pytest
import yaml

from connectors.countries import country
from connectors.xero import places
from tests.specs import spec_file


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("GMTSTANDARDTIME", "Europe/London"),
        ("NEWZEALANDSTANDARDTIME", "Pacific/Auckland"),
        ("AUSEASTERNSTANDARDTIME", "Australia/Sydney"),
        ("CENTRALSTANDARDTIME(MEXICO)", "America/Mexico_City"),
        ("UTC+12", "Etc/GMT-12"),
        ("UTC11", "Etc/GMT+11"),
        ("KAMCHATKASTANDARDTIME", "Asia/Kamchatka"),
        ("MIDATLANTICSTANDARDTIME", "Etc/GMT+2"),
        ("ATLANTISSTANDARDTIME", ""),
        ("", ""),
    ],
)
def test_zones(written: str, name: str) -> None:
    assert places.zone(written) == name


def test_every_zone_xero_documents_has_a_real_counterpart() -> None:
    path = spec_file()
    if path is None:
        pytest.skip("xero_accounting.yaml is not beside this checkout (set DUECOURSE_SHARED)")
    spec = yaml.load(path.read_text("utf-8"), Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    written = spec["components"]["schemas"]["TimeZone"]["enum"]
    assert len(written) > 100
    assert [z for z in written if not places.zone(z)] == []
    for one in written:
        ZoneInfo(places.zone(one))


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("United Kingdom", "GB"),
        ("u.k.", "GB"),
        (" new  zealand ", "NZ"),
        ("DE", "DE"),
        ("Österreich", "AT"),
        ("Mars", ""),
    ],
)
def test_countries(written: str, code: str) -> None:
    assert country(written) == code
