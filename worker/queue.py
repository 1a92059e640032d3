"""One message per organisation on an SQS FIFO queue, so that one function sweeps many and none twice at a time.

The message group is the organisation: SQS hands out no second message of a group while the first is being worked on
(docs.aws.amazon.com, "Amazon SQS FIFO queue delivery logic"). Needs the `aws` extra.
"""

import json
import os
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

from worker.errors import DuecourseError
from worker.halt import TO_START
from worker.invocation import practice_here, sweep_now

QUEUE = "DUECOURSE_QUEUE"
BATCH = 10
"""Messages per request: SQS takes no more."""


def enqueue() -> dict[str, Any]:
    """Put every organisation of the config on the queue; those SQS did not take are named under `failed`."""
    import boto3

    names = [o.name for o in practice_here().organisations]
    queue = boto3.client("sqs")
    failed: list[str] = []
    for start in range(0, len(names), BATCH):
        part = names[start : start + BATCH]
        entries = [
            {"Id": str(n), "MessageBody": json.dumps({"organisation": name}), "MessageGroupId": _group(name)}
            for n, name in enumerate(part)
        ]
        answer = queue.send_message_batch(QueueUrl=os.environ[QUEUE], Entries=entries)
        failed += [part[int(f["Id"])] for f in answer.get("Failed", [])]
    if failed:
        raise RuntimeError(f"SQS did not take {len(failed)} of {len(names)} organisations: {', '.join(failed)}")
    return {"enqueued": len(names)}


def swept(records: Sequence[dict[str, Any]], left: Callable[[], float]) -> dict[str, Any]:
    """Sweep the organisations of these messages. `batchItemFailures` are those to be handed out again: not reached in
    time, or failed in a way nobody foresaw (after a few of these the queue's dead-letter queue keeps them)."""
    import structlog

    again: list[str] = []
    for record in records:
        if left() < TO_START:
            again.append(record["messageId"])
            continue
        try:
            answer = sweep_now([json.loads(record["body"])["organisation"]], left)
        except DuecourseError as error:  # a person has to change something: repeating would not help
            structlog.get_logger().error("not swept", message=record["messageId"], problem=type(error).__name__)
        except Exception:
            structlog.get_logger().exception("sweep failed", message=record["messageId"])
            again.append(record["messageId"])
        else:
            again += [record["messageId"]] if answer["left"] else []
    return {"batchItemFailures": [{"itemIdentifier": i} for i in again]}


def _group(name: str) -> str:
    """A message group's name: 1 to 128 plain characters, whatever the organisation is called."""
    return sha256(name.encode()).hexdigest()
