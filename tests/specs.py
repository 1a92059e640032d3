"""The Xero OpenAPI file, when it lies beside the checkout, and checks of real exchanges against it.

The folder is found by DUECOURSE_SHARED or beside the checkout; tests that need it skip, with
the reason, when it is absent.
"""

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

ROOT = Path(__file__).resolve().parents[1]
PREFIX = "/api.xro/2.0"


def spec_file(name: str = "xero_accounting.yaml") -> Path | None:
    """A spec file, or None when there is none on this machine."""
    folders = [Path(os.environ["DUECOURSE_SHARED"])] if os.environ.get("DUECOURSE_SHARED") else []
    folders += [ROOT.parent / "shared", ROOT.parents[1] / "shared"]
    return next((found for folder in folders if (found := folder / "specs" / name).is_file()), None)


@cache
def xero_document() -> dict[str, Any]:
    """Xero's accounting spec as plain data, read once; skips the calling test when the file is not here."""
    path = spec_file()
    if path is None:
        pytest.skip("xero_accounting.yaml is not beside this checkout (set DUECOURSE_SHARED)")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, Any] = yaml.load(path.read_text("utf-8"), Loader=loader)
    return found


@cache
def xero_spec() -> OpenAPI:
    """Xero's accounting spec, ready to validate exchanges."""
    # The file gives booleans the default "false", a string, so its own validation has to stay off.
    return OpenAPI.from_dict(xero_document(), config=Config(spec_validator_cls=None))


def complaints(
    method: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes, status: int, sent: bytes = b""
) -> list[str]:
    """What the spec has against one exchange (``path`` without host, from /api.xro on); empty when nothing.

    If-Modified-Since is left out of the request: the spec types it as date-time, while HTTP asks for an HTTP date.
    """
    kept = {name: value for name, value in headers.items() if name.lower() != "if-modified-since"}
    request = MockRequest("https://api.xero.com", method.lower(), path, args=query, headers=kept, data=sent or None)
    response = MockResponse(body, status_code=status, content_type="application/json")
    spec, found = xero_spec(), []
    for check in (lambda: spec.validate_request(request), lambda: spec.validate_response(request, response)):
        try:
            check()
        except Exception as error:
            cause = error.__cause__ or error
            found += [e.message for e in getattr(cause, "schema_errors", [])] or [f"{type(cause).__name__}: {cause}"]
    return found


def strangers(schema: str, value: Any, path: str = "") -> set[str]:
    """Field names in a document that its schema does not have, as dotted paths: the spec itself lets any name pass."""
    schemas = xero_document()["components"]["schemas"]
    if isinstance(value, list):
        return set().union(*(strangers(schema, one, path) for one in value)) if value else set()
    if not isinstance(value, dict):
        return set()
    known, found = schemas[schema].get("properties", {}), set()
    for name, inner in value.items():
        kind = known.get(name)
        if kind is None:
            found.add(f"{path}{name}")
            continue
        target = kind.get("$ref") or kind.get("items", {}).get("$ref")
        if target:
            found |= strangers(target.rpartition("/")[2], inner, f"{path}{name}.")
    return found
