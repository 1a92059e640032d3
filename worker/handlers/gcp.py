"""Google Cloud Functions and Cloud Run. Targets: `run_http` (Cloud Scheduler over HTTP), `run_event` (Pub/Sub).

These platforms do not tell a function its deadline: DUECOURSE_SECONDS does (300, Cloud Run's own default).
"""

import base64
import json
import os
import time
from typing import Any

from worker.invocation import sweep_now


def run_http(request: Any) -> tuple[dict[str, Any], int]:
    """Sweep what the JSON body names, `{"organisations": [...]}`; everything without one."""
    return _sweep(request.get_json(silent=True) or {}), 200


def run_event(event: Any) -> None:
    """The same for a CloudEvent whose message carries that JSON. cloud.google.com/eventarc/docs/cloudevents"""
    text = base64.b64decode((event.data or {}).get("message", {}).get("data", "") or b"")
    _sweep(json.loads(text) if text.strip() else {})


def _sweep(wanted: dict[str, Any]) -> dict[str, Any]:
    end = time.monotonic() + float(os.environ.get("DUECOURSE_SECONDS", "300"))
    return sweep_now(wanted.get("organisations", ()), lambda: end - time.monotonic())
