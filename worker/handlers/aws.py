"""AWS Lambda. Handler: `worker.handlers.aws.handler`.

Events: `{}` sweeps every organisation, `{"organisations": ["harbour"]}` these; `{"enqueue": true}` puts one message per
organisation on the queue DUECOURSE_QUEUE; messages of that queue are swept one by one. Only what failed unexpectedly is
handed back to the queue: an organisation whose books are away is the next schedule's business.
"""

from typing import Any

from worker.invocation import sweep_now
from worker.queue import enqueue, swept


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One invocation; see the module. https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    def left() -> float:
        return float(context.get_remaining_time_in_millis()) / 1000

    if "Records" in event:
        return swept(event["Records"], left)
    return enqueue() if event.get("enqueue") else sweep_now(event.get("organisations", ()), left)
