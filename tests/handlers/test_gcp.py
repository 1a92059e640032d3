"""The Google targets behind functions-framework, as its runtime calls them."""

import base64
import json

import functions_framework
import pytest
from werkzeug.test import Client

from tests.scenarios.delivery.conftest import OpenStage
from tests.scenarios.delivery.town import TEN

SOURCE = "worker/handlers/gcp.py"


@pytest.fixture
def stage(open_stage: OpenStage, monkeypatch: pytest.MonkeyPatch) -> object:
    made = open_stage()
    monkeypatch.setenv("DUECOURSE_CONFIG", str(made.folder / "config.yaml"))
    monkeypatch.setenv("DUECOURSE_NOW", TEN.isoformat())
    return made


def test_a_scheduler_calls_over_http(stage: object, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(functions_framework.create_app("run_http", SOURCE, "http"))
    monkeypatch.setenv("DUECOURSE_SECONDS", "30")
    assert client.post("/", json={}).get_json()["left"] == ["fern"]
    monkeypatch.delenv("DUECOURSE_SECONDS")
    answer = client.post("/", json={"organisations": ["fern"]}).get_json()
    assert (answer["counts"]["sent"], len(stage.mails())) == (4, 4)
    assert client.post("/").get_json()["counts"]["sent"] == 0
    assert len(stage.mails()) == 4


def test_a_pub_sub_message_names_whom_to_sweep(stage: object) -> None:
    client = Client(functions_framework.create_app("run_event", SOURCE, "cloudevent"))
    data = base64.b64encode(json.dumps({"organisations": ["fern"]}).encode()).decode()
    event = {
        "specversion": "1.0",
        "type": "google.cloud.pubsub.topic.v1.messagePublished",
        "source": "//pubsub.googleapis.com/projects/demo/topics/sweeps",
        "id": "1",
        "data": {"message": {"data": data}},
    }
    done = client.post("/", json=event, headers={"Content-Type": "application/cloudevents+json"})
    assert done.status_code == 200, done.text
    assert len(stage.mails()) == 4
