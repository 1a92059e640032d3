"""Places on this machine where a vault key may be: an environment variable, a file, this user's own key file."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from worker.core.secret import Secret
from worker.disks import filesystem_of
from worker.errors import ConnectionBroken
from worker.vault.keys import new_key

PASSING = frozenset({"tmpfs", "ramfs", "overlay", "overlayfs", "aufs", "fuse.fuse-overlayfs"})
"""Filesystem types that end with the container or the power."""
OWN_KEY = Path("duecourse") / "vault.key"
_CONTAINER_FILES = (Path("/.dockerenv"), Path("/run/.containerenv"))
_CONTAINER_VARIABLES = (
    "KUBERNETES_SERVICE_HOST",
    "AWS_LAMBDA_FUNCTION_NAME",
    "K_SERVICE",
    "CLOUD_RUN_JOB",
    "container",
)


class EnvironmentKey:
    """A key in an environment variable."""

    def __init__(self, name: str, env: Mapping[str, str]) -> None:
        """`name` is the variable's."""
        self._name, self._env = name, env
        self.where = f"the environment variable {name}"

    def fetch(self, *, make: bool = False) -> Secret | None:  # noqa: ARG002 - nothing can be made there
        """See `KeySource.fetch`."""
        text = self._env.get(self._name, "")
        return Secret(text) if text else None


class FileKey:
    """A key alone in a file for its owner only, and not among the data it protects."""

    def __init__(self, path: Path, state: Path) -> None:
        """`state` is the folder of the data; both are absolute."""
        self._path, self._state = path, state
        self.where = f"the file {path}"

    def fetch(self, *, make: bool = False) -> Secret | None:  # noqa: ARG002 - a key elsewhere is a person's to make
        """See `KeySource.fetch`."""
        if self._path.resolve().is_relative_to(self._state.resolve()):
            raise ConnectionBroken(
                f"The vault key {self._path} lies in the state folder, beside what it locks.",
                "Keep it elsewhere: whoever copies that folder must not get the key with it.",
            )
        try:
            with self._path.open(encoding="ascii") as file:
                mode = os.fstat(file.fileno()).st_mode
                text = file.read().strip()
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not text"
            raise ConnectionBroken(
                f"The vault key {self._path} cannot be read ({why}).", "Let this user read it."
            ) from None
        if mode & 0o077:
            raise ConnectionBroken(
                f"The vault key {self._path} may be read by others (mode {mode & 0o777:04o}).",
                f"chmod 600 {self._path}",
            )
        return Secret(text) if text else None


class OwnKey(FileKey):
    """This user's own key file in their configuration folder, made on first need: for a laptop or a plain server.

    Never in a container or a function, where it would be gone at the next start and every connection with it.
    """

    def __init__(
        self, env: Mapping[str, str], state: Path, told: Callable[[Path], None], *, contained: bool | None = None
    ) -> None:
        """`told` is called with the path of a key just made. `contained`: whether this is a container; looked up by
        default."""
        home = env.get("XDG_CONFIG_HOME") or (f"{env['HOME']}/.config" if env.get("HOME") else "")
        self._home = Path(home) if home else None
        super().__init__((self._home or Path("/nonexistent")) / OWN_KEY, state)
        self._told = told
        self._contained = in_container(env) if contained is None else contained
        if self._unlasting():
            self.where = "the settings (vault: {key: ...}) or the environment variable DUECOURSE_VAULT_KEY"

    def fetch(self, *, make: bool = False) -> Secret | None:
        """See `KeySource.fetch`."""
        if self._unlasting():
            return None
        found = super().fetch()
        if found is not None or not make:
            return found
        self._make()
        return super().fetch()

    def _unlasting(self) -> bool:
        return self._contained or self._home is None or filesystem_of(self._home.resolve()) in PASSING

    def _make(self) -> None:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileExistsError):  # another process made it meanwhile: that one counts
                write_key(self._path, new_key())
                self._told(self._path)
        except OSError as error:
            raise ConnectionBroken(
                f"No vault key could be made at {self._path} ({error.strerror}).",
                "Make one with duecourse vault key, and say where it is (vault: {key: ...}).",
            ) from None


def write_key(path: Path, key: Secret) -> None:
    """Write a key into a new file for its owner only, whole or not at all. Raises FileExistsError, OSError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key.reveal() + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)  # unlike a rename, never over a key that is there
    finally:
        temporary.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def in_container(env: Mapping[str, str]) -> bool:
    """Whether what is written here beside a mounted volume will be gone at the next start."""
    return any(name in env for name in _CONTAINER_VARIABLES) or any(file.exists() for file in _CONTAINER_FILES)
