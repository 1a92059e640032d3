"""Case files: complete, printable, and any change to them is found."""

import hashlib
import json
import subprocess

from tests.e2e.conftest import Office


def test_a_case_file_is_whole_and_any_change_is_found(office: Office) -> None:
    office.go_live()
    sent = next(s for s in office("run", "--json").data["organisations"][0]["sent"] if s["kind"] == "remind")
    office("log", sent["payer"], "rang <them> & \u201cwaited\u201d")
    folder = office.folder / "case"
    done = office("history", sent["payer"], "--case-file", str(folder))
    assert done.code == 0, done.err
    data = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    (message,) = [e for e in data["entries"] if e["kind"] == "reminder"]
    assert (folder / message["file"]).read_bytes() in {f.read_bytes() for f in (office.folder / "outbox").glob("*.eml")}
    assert message["file_sha256"] == hashlib.sha256((folder / message["file"]).read_bytes()).hexdigest()
    shown = (folder / "case.html").read_text(encoding="utf-8")
    assert "rang &lt;them&gt; &amp; \u201cwaited\u201d" in shown
    assert subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=folder, check=False).returncode == 0
    verified = office("history", "--verify", str(folder))
    assert verified.code == 0
    assert hashlib.sha256((folder / "SHA256SUMS").read_bytes()).hexdigest() in verified.out
    again = office("history", sent["payer"], "--case-file", str(folder))
    assert again.code == 2
    assert "is not empty" in again.err
    (folder / "case.html").write_text(shown.replace("rang", "wrote"), encoding="utf-8")
    (folder / message["file"]).unlink()
    (folder / "more.txt").write_text("x")
    wrong = office("history", "--verify", str(folder), "--json")
    assert wrong.code == 1
    assert wrong.data["problems"] == ["case.html was changed", f"{message['file']} is missing", "more.txt was added"]
    (folder / "SHA256SUMS").write_text("nonsense\n" + "0" * 64 + "  ../outside\n")
    assert len(office("history", "--verify", str(folder), "--json").data["problems"]) >= 3
    assert office("history").code == 2
