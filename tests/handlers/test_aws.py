"""The Lambda handler inside the runtime client that AWS itself runs, with SQS answered by moto."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.handlers.runtime import Runtime
from tests.scenarios.delivery.conftest import OpenStage
from tests.scenarios.delivery.town import TEN

NAMES = ("fern", "heron")


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def sqs(endpoint: str) -> Any:
    return boto3.client(
        "sqs", endpoint_url=endpoint, region_name="eu-west-1", aws_access_key_id="t", aws_secret_access_key="t"
    )


def test_a_function_sweeps_alone_by_queue_and_against_its_deadline(open_stage: OpenStage, aws: str) -> None:
    stage = open_stage(names=NAMES)
    queue = sqs(aws).create_queue(
        QueueName="sweeps.fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    )["QueueUrl"]
    env = {
        "DUECOURSE_CONFIG": str(stage.folder / "config.yaml"),
        "DUECOURSE_NOW": TEN.isoformat(),
        "DUECOURSE_QUEUE": queue,
        "AWS_ENDPOINT_URL": aws,
    }
    runtime = Runtime("worker.handlers.aws.handler", stage.folder, env)
    try:
        # Too little time left to begin: nothing happens, and the answer names who waits.
        kind, answer = runtime.invoke({}, seconds=30)
        assert (kind, answer["left"], stage.mails()) == ("response", [*NAMES], [])
        assert answer["exit_code"] == 0

        # One organisation by name.
        kind, answer = runtime.invoke({"organisations": ["heron"]})
        assert (kind, answer["counts"]["sent"], len(stage.mails())) == ("response", 4, 4)

        # Everyone through the queue: one message each, and heron has nothing more to say.
        assert runtime.invoke({"enqueue": True}) == ("response", {"enqueued": 2})
        found = sqs(aws).receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
        records = [{"messageId": m["MessageId"], "body": m["Body"]} for m in found]
        assert [json.loads(r["body"])["organisation"] for r in records] == [*NAMES]
        short = runtime.invoke({"Records": records}, seconds=30)
        assert short == ("response", {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in records]})
        assert runtime.invoke({"Records": records}) == ("response", {"batchItemFailures": []})
        assert len(stage.mails()) == 8 == len({(m.key, m.to) for m in stage.mails()})

        # Asking again sends nothing; a mistake nobody foresaw goes back to the queue, one in the config does not.
        assert runtime.invoke({})[1]["counts"]["sent"] == 0
        odd = [{"messageId": "odd", "body": "{}"}, {"messageId": "who", "body": '{"organisation": "nobody"}'}]
        assert runtime.invoke({"Records": odd}) == ("response", {"batchItemFailures": [{"itemIdentifier": "odd"}]})
        assert len(stage.mails()) == 8
        kind, error = runtime.invoke({"organisations": ["nobody"]})
        assert (kind, error["errorType"]) == ("error", "Unusable") and "duecourse check" in error["errorMessage"]
    finally:
        runtime.close()
    log = stage.folder.joinpath("lambda.log").read_text("utf-8")
    assert "invocation finished" in log and "aster" not in log.lower()
