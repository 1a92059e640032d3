"""Dovecot, the server most mailboxes live on, run in a folder of its own: no system service, nothing left behind."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import trustme

from tests.mail.far_imap import PASSWORD
from tests.mail.far_smtp import free_port

BINARY = shutil.which("dovecot") or "/usr/sbin/dovecot"
CONF = """\
base_dir = {folder}/run
state_dir = {folder}/run/state
protocols = imap
listen = 127.0.0.1
log_path = {folder}/dovecot.log
ssl = required
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
mail_location = maildir:{folder}/mail/%u
mail_uid = mail
mail_gid = mail
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
"""


def why_not() -> str:
    """Why it cannot run here ("" when it can)."""
    if not Path(BINARY).is_file():
        return "Dovecot is not installed"
    if os.geteuid() != 0:
        return "Dovecot changes its user, which needs root"
    try:
        for name in ("dovecot", "dovenull", "mail"):
            pwd.getpwnam(name)
    except KeyError as missing:
        return f"Dovecot needs a user that is not there ({missing})"
    return ""


@contextmanager
def dovecot(authority: trustme.CA) -> Iterator[int]:
    """Its port, TLS from the first byte; every address has a mailbox under the one password."""
    folder = Path(tempfile.mkdtemp(prefix="duecourse-dovecot-"))
    port = free_port()
    try:
        folder.chmod(0o755)
        mail = folder / "mail"
        mail.mkdir()
        os.chown(mail, pwd.getpwnam("mail").pw_uid, pwd.getpwnam("mail").pw_gid)
        made = authority.issue_cert("localhost")
        (folder / "server.pem").write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
        (folder / "server.key").write_bytes(made.private_key_pem.bytes())
        conf = folder / "dovecot.conf"
        conf.write_text(CONF.format(folder=folder, port=port, password=PASSWORD), encoding="utf-8")
        server = subprocess.Popen([BINARY, "-F", "-c", str(conf)], stdin=subprocess.DEVNULL)
        try:
            _wait_for(port, server)
            yield port
        finally:
            server.terminate()
            with suppress(subprocess.TimeoutExpired):
                server.wait(10)
            if server.poll() is None:
                server.kill()
                server.wait(10)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    pause = threading.Event()
    for _ in range(400):
        assert server.poll() is None, "Dovecot stopped at once"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        pause.wait(0.05)
    raise AssertionError("Dovecot did not answer")
