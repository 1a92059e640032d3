"""Vault keys in a secret manager of a cloud."""

from typing import Any

from worker.clouds import Unasked, aws_secret, google_secret
from worker.core.secret import Secret
from worker.errors import ConnectionBroken


class AwsKey:
    """A key in AWS Secrets Manager, by name or ARN."""

    def __init__(self, name: str) -> None:
        """`name` is the secret's name or ARN."""
        self._name = name
        self.where = f"the AWS secret {name}"

    def fetch(self, *, make: bool = False) -> Secret | None:  # noqa: ARG002 - nothing is made there
        """See `KeySource.fetch`."""
        try:
            return aws_secret(self._name)
        except Unasked as error:
            raise _broken(self.where, error) from None


class GoogleKey:
    """A key in Google Secret Manager, as projects/PROJECT/secrets/NAME/versions/VERSION (latest, when left out)."""

    def __init__(self, name: str, session: Any = None, endpoint: str = "") -> None:
        """`session` and `endpoint`: see `worker.clouds.google_secret`."""
        self._name, self._session, self._endpoint = name, session, endpoint
        self.where = f"the Google secret {name}"

    def fetch(self, *, make: bool = False) -> Secret | None:  # noqa: ARG002 - nothing is made there
        """See `KeySource.fetch`."""
        try:
            return google_secret(self._name, self._session, self._endpoint)
        except Unasked as error:
            raise _broken(self.where, error) from None


def _broken(where: str, error: Unasked) -> ConnectionBroken:
    return ConnectionBroken(f"The vault key could not be got from {where} ({error.why}).", error.todo)
