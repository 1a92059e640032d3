"""Secrets kept by a cloud's secret manager. The clouds' libraries are extras, loaded when such a place is named."""

from base64 import b64decode
from functools import cache
from typing import Any

from worker.core.secret import Secret

GOOGLE = "https://secretmanager.googleapis.com/v1"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_SECONDS = 30


class Unasked(Exception):
    """The manager could not be asked: `why` in a word or two, `todo` what a person can do about it."""

    def __init__(self, why: str, todo: str) -> None:
        super().__init__(why)
        self.why, self.todo = why, todo


def aws_secret(name: str) -> Secret | None:
    """The text of a secret in AWS Secrets Manager, by name or ARN; None when there is none.

    Region and credentials are AWS's own business (its environment, profile or role). Raises Unasked.
    """
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError
    except ModuleNotFoundError:
        raise Unasked("AWS's library is not installed", "pip install 'duecourse[aws]'") from None
    allowed = "Check the region, and that this role may call secretsmanager:GetSecretValue for it."
    try:
        settings = Config(connect_timeout=_SECONDS, read_timeout=_SECONDS, retries={"max_attempts": 3})
        answer = boto3.client("secretsmanager", config=settings).get_secret_value(SecretId=name)
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code == "ResourceNotFoundException":
            return None
        raise Unasked(code, allowed) from None
    except BotoCoreError as error:
        raise Unasked(type(error).__name__, allowed) from None
    text = str(answer.get("SecretString") or "").strip()
    return Secret(text) if text else None


def google_secret(name: str, session: Any = None, endpoint: str = "") -> Secret | None:
    """The text of projects/PROJECT/secrets/NAME[/versions/VERSION] in Google Secret Manager; None when there is none.

    `session`: an authorised requests session; by default, of the credentials Google finds here. Raises Unasked.
    """
    import requests

    full = name if "/versions/" in name else f"{name}/versions/latest"
    allowed = "Check its full name, and that this account has the role Secret Manager Secret Accessor for it."
    try:
        found = session or _authorised()
        reply = found.get(f"{endpoint or GOOGLE}/{full}:access", timeout=_SECONDS, allow_redirects=False)
        if reply.status_code == 404:
            return None
        if reply.status_code != 200:
            raise Unasked(str(reply.status_code), allowed)
        text = b64decode(reply.json()["payload"]["data"]).decode("utf-8").strip()
    except (requests.RequestException, ValueError, KeyError, TypeError) as error:
        raise Unasked(type(error).__name__, allowed) from None
    return Secret(text) if text else None


def _authorised() -> Any:
    try:
        import google.auth
        from google.auth.exceptions import DefaultCredentialsError
        from google.auth.transport.requests import AuthorizedSession
    except ModuleNotFoundError:
        raise Unasked("Google's library is not installed", "pip install 'duecourse[gcp]'") from None
    try:
        credentials, _ = google.auth.default(scopes=[_SCOPE])
    except DefaultCredentialsError:
        todo = "Run with a service account, or point GOOGLE_APPLICATION_CREDENTIALS at one."
        raise Unasked("Google finds no credentials on this machine", todo) from None
    return AuthorizedSession(credentials)  # type: ignore[no-untyped-call, unused-ignore]


@cache
def kept(kind: str, name: str) -> Secret | None:
    """A secret of `aws` or `gcp`, asked for once until `forget`: several settings may name the same. Raises Unasked."""
    return aws_secret(name) if kind == "aws" else google_secret(name)


def forget() -> None:
    """Ask again from now on: what is read next may have been changed since."""
    kept.cache_clear()
