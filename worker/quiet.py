"""In live mode no library writes what goes over the wire into a log: it would be tokens, passwords and clients."""

import http.client
import logging
import smtplib
import sys

LIBRARIES = ("urllib3", "requests", "requests_oauthlib", "oauthlib", "smtplib", "imap_tools", "imaplib", "botocore")
LIBRARIES_OF_CLOUDS = ("boto3", "google", "python_http_client", "sendgrid", "dns", "sqlalchemy", "psycopg", "http")


def hush() -> None:
    """Switch off what was switched on, and keep it off: levels set later do not count.

    Call before anything of a live run; calling again is cheap.
    """
    for name in _loggers():
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))
        if _no_details not in logger.filters:
            logger.addFilter(_no_details)
    for kind in _talkers():
        if not isinstance(kind.__dict__.get("debuglevel"), _Never):
            setattr(kind, "debuglevel", _Never())  # noqa: B010 - not an int, which is the point


def _loggers() -> list[str]:
    """The libraries' own loggers and those below them: a filter holds for its own logger only."""
    heads = (*LIBRARIES, *LIBRARIES_OF_CLOUDS, "urllib3.connectionpool", "urllib3.util.retry")
    made = [n for n in logging.root.manager.loggerDict if n.partition(".")[0] in heads]
    return sorted({*heads, *made})


def _no_details(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


def _talkers() -> list[type]:
    """Classes that print their conversation when their `debuglevel` is not 0."""
    kinds: list[type] = [http.client.HTTPConnection, http.client.HTTPResponse, smtplib.SMTP]
    if (imaplib := sys.modules.get("imaplib")) is not None:
        setattr(imaplib, "Debug", 0)  # noqa: B010 - the module need not be known here
    return kinds


class _Never:
    """A class attribute that is 0 whatever an instance is told."""

    def __get__(self, instance: object, owner: type) -> int:
        return 0

    def __set__(self, instance: object, value: int) -> None:
        """Nothing: in live mode there is no debug level."""
