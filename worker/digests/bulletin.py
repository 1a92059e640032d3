"""The digest's turns in a live run: answers are obeyed before anything is decided, the digest is sent after it.

Its trouble is reported and never stops a sweep; whether mail may leave does not depend on it having worked.
"""

from typing import TYPE_CHECKING

from worker.errors import DuecourseError

if TYPE_CHECKING:
    from worker.app import App


def obey(app: "App") -> None:
    """Do what was answered to digests since the last time. Raises nothing that was foreseen."""
    from worker.digests.answers import hear

    settings = app.practice.digest
    if settings is None or not settings.answerable:
        return
    try:
        hear(app, settings)
    except DuecourseError as error:
        _log("answers to the digest could not be read", error)


def tell(app: "App") -> None:
    """Send the digests that are due. Raises nothing that was foreseen."""
    from worker.digests.sending import send_due

    try:
        send_due(app)
    except DuecourseError as error:
        _log("the digest could not be sent", error)


def _log(what: str, error: DuecourseError) -> None:
    import structlog

    structlog.get_logger().warning(what, kind=type(error).__name__, problem=str(error)[:300])
