"""Debian's dovecot as IMAP's other side, where it is installed: a process of our own, over a folder of our own."""

import os
import pwd
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import EmailMessage
from itertools import count
from pathlib import Path

from tests.mail.far_imap import PASSWORD
from tests.mail.far_smtp import free_port

_letters = count(1)

CONFIG = """\
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = no
disable_plaintext_auth = no
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
mail_uid = {uid}
mail_gid = {gid}
passdb {{
  driver = static
  args = password={word}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
"""


class Dovecot:
    """A running server; letters are put straight into a mailbox, as a delivery agent does."""

    def __init__(self, folder: Path, port: int, owner: "pwd.struct_passwd") -> None:
        self.imap, self.smtp = port, 0
        self._folder, self._owner = folder, owner

    def deliver(self, message: EmailMessage, to: str) -> None:
        """Into the maildir of an address."""
        home = self._folder / "mail" / to
        for name in ("tmp", "new", "cur"):
            (home / name).mkdir(parents=True, exist_ok=True)
        (home / "new" / f"1.{next(_letters)}.here").write_bytes(bytes(message))
        if os.getuid() == 0:
            for path in (self._folder / "mail", home, *home.rglob("*")):
                os.chown(path, self._owner.pw_uid, self._owner.pw_gid)


def _owner() -> "tuple[pwd.struct_passwd, str, str]":
    """Who owns the mail, and the users of the server's own parts: Debian's when root, else whoever runs the tests."""
    me = pwd.getpwuid(os.getuid())
    return (pwd.getpwnam("mail"), "dovecot", "dovenull") if os.getuid() == 0 else (me, me.pw_name, me.pw_name)


def missing() -> str:
    """Why there is no dovecot here; "" when there is."""
    if not shutil.which("dovecot"):
        return "dovecot is not installed (Debian: dovecot-imapd)"
    try:
        _owner()
    except KeyError as error:
        return f"dovecot's users are not there: {error}"
    return ""


@contextmanager
def dovecot(folder: Path) -> Iterator[Dovecot]:
    """The server, ended by its own process when done."""
    owner, internal, login = _owner()
    port, group = free_port(), pwd.getpwnam(internal).pw_name
    folder.chmod(0o755)
    known = {"folder": folder, "port": port, "word": PASSWORD, "uid": owner.pw_uid, "gid": owner.pw_gid}
    text = CONFIG.format(internal=internal, group=group, login=login, **known)
    (folder / "dovecot.conf").write_text(text)
    process = subprocess.Popen(
        [str(shutil.which("dovecot")), "-F", "-c", str(folder / "dovecot.conf")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        _greeted(process, port)
        yield Dovecot(folder, port, owner)
    finally:
        process.terminate()
        process.wait(20)


def _greeted(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Wait for its greeting, as long as it lives: it has no other way to say that it is up."""
    never = threading.Event()
    while process.poll() is None:
        with closing(socket.socket()) as line:
            line.settimeout(5)
            if line.connect_ex(("127.0.0.1", port)) == 0 and line.recv(4) == b"* OK":
                return
        never.wait(0.02)
    said = process.stderr.read().decode() if process.stderr else ""
    raise AssertionError(f"dovecot did not start: {said}")
