"""The manifests under deploy/, against the schemas and linters of the platforms they are for."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def cronjob() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / "kubernetes/cronjob.yaml").read_text("utf-8")))


def test_the_cronjob_is_valid() -> None:
    for document in cronjob():
        kubernetes_validate.validate(document, "1.31", strict=True)


def test_the_cronjob_never_repeats_what_needs_a_person() -> None:
    job = cronjob()[1]["spec"]["jobTemplate"]["spec"]
    fails, ignores = job["podFailurePolicy"]["rules"]
    assert fails["action"] == "FailJob" and {1, 2, 3} == set(fails["onExitCodes"]["values"])
    assert ignores["action"] == "Ignore"
    pod = job["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["restartPolicy"] == "Never" and fails["onExitCodes"]["containerName"] == container["name"]
    assert container["securityContext"]["readOnlyRootFilesystem"] and pod["securityContext"]["runAsNonRoot"]


@pytest.mark.parametrize(
    "command",
    [
        ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "deploy/compose/compose.yaml"],
        ["cfn-lint", "--non-zero-exit-code", "warning", "deploy/aws/template.yaml"],
    ],
    ids=["compose", "SAM"],
)
def test_a_linter_of_the_platform_agrees(command: list[str]) -> None:
    tool = Path(sys.executable).with_name(command[0])
    done = subprocess.run([tool, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_the_template_calls_exists() -> None:
    from worker.handlers import aws, gcp

    text = (DEPLOY / "aws/template.yaml").read_text("utf-8")
    assert text.count("Handler: worker.handlers.aws.handler") == 2 and callable(aws.handler)
    assert "--entry-point=run_http" in (DEPLOY / "google/README.md").read_text("utf-8") and callable(gcp.run_http)
