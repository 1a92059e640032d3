"""Vault keys in a secret manager of a cloud. Their libraries are extras, loaded when such a place is named."""

from base64 import b64decode
from typing import Any

from worker.core.secret import Secret
from worker.errors import ConnectionBroken

GOOGLE = "https://secretmanager.googleapis.com/v1"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_SECONDS = 30


class AwsKey:
    """A key in AWS Secrets Manager, by name or ARN. Region and credentials are AWS's own business (its environment,
    profile or role)."""

    def __init__(self, name: str) -> None:
        """`name` is the secret's name or ARN."""
        self._name = name
        self.where = f"the AWS secret {name}"

    def fetch(self, *, make: bool = False) -> Secret | None:  # noqa: ARG002 - nothing is made there
        """See `KeySource.fetch`."""
        try:
            import boto3
            from botocore.config import Config
            from botocore.exceptions import BotoCoreError, ClientError
        except ModuleNotFoundError:
            raise ConnectionBroken("AWS's library is not installed.", "pip install 'duecourse[aws]'") from None
        try:
            settings = Config(connect_timeout=_SECONDS, read_timeout=_SECONDS, retries={"max_attempts": 3})
            answer = boto3.client("secretsmanager", config=settings).get_secret_value(SecretId=self._name)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code == "ResourceNotFoundException":
                return None
            raise self._unasked(code) from None
        except BotoCoreError as error:
            raise self._unasked(type(error).__name__) from None
        text = str(answer.get("SecretString") or "").strip()
        return Secret(text) if text else None

    def _unasked(self, why: str) -> ConnectionBroken:
        return ConnectionBroken(
            f"The vault key could not be got from {self.where} ({why}).",
            "Check the region, and that this role may call secretsmanager:GetSecretValue for it.",
        )


class GoogleKey:
    """A key in Google Secret Manager, as projects/PROJECT/secrets/NAME/versions/VERSION (latest, when left out)."""

    def __init__(self, name: str, session: Any = None, endpoint: str = GOOGLE) -> None:
        """`session` is an authorised requests session; by default, of the credentials Google finds on this machine."""
        self._name = name if "/versions/" in name else f"{name}/versions/latest"
        self._session, self._endpoint = session, endpoint
        self.where = f"the Google secret {name}"

    def fetch(self, *, make: bool = False) -> Secret | None:  # noqa: ARG002 - nothing is made there
        """See `KeySource.fetch`."""
        import requests

        try:
            session = self._session or _authorised()
            reply = session.get(f"{self._endpoint}/{self._name}:access", timeout=_SECONDS, allow_redirects=False)
            if reply.status_code == 404:
                return None
            if reply.status_code != 200:
                raise self._unasked(str(reply.status_code))
            text = b64decode(reply.json()["payload"]["data"]).decode("ascii").strip()
        except ConnectionBroken:
            raise
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            raise self._unasked(type(error).__name__) from None
        return Secret(text) if text else None

    def _unasked(self, why: str) -> ConnectionBroken:
        return ConnectionBroken(
            f"The vault key could not be got from {self.where} ({why}).",
            "Check its full name, and that this account has the role Secret Manager Secret Accessor for it.",
        )


def _authorised() -> Any:
    try:
        import google.auth
        from google.auth.exceptions import DefaultCredentialsError
        from google.auth.transport.requests import AuthorizedSession
    except ModuleNotFoundError:
        raise ConnectionBroken("Google's library is not installed.", "pip install 'duecourse[gcp]'") from None
    try:
        credentials, _ = google.auth.default(scopes=[_SCOPE])
    except DefaultCredentialsError:
        raise ConnectionBroken(
            "Google finds no credentials on this machine.",
            "Run with a service account, or point GOOGLE_APPLICATION_CREDENTIALS at one.",
        ) from None
    return AuthorizedSession(credentials)  # type: ignore[no-untyped-call, unused-ignore]
