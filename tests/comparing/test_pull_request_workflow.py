"""The workflow of docs/comparing.md: held to GitHub's schema, and its steps run as GitHub would run them."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "comparing.md").read_text(encoding="utf-8")
WORKFLOW = PAGE.partition("```yaml\n")[2].partition("```")[0]

SUITE = """
import numpy as np
import torch
from whybench import Suite
from whybench.domains import TabularDomain
from whybench.protocols import Dataset, Model
from whybench.suite import block


def mine(module, inputs, targets):
    inputs = inputs.clone().requires_grad_()
    module(inputs).gather(1, targets[:, None]).sum().backward()
    return SIGN * inputs.grad * inputs.detach()


net = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
generator = torch.Generator().manual_seed(0)
for parameter in net.parameters():
    parameter.data = torch.randn(parameter.shape, generator=generator)
rows = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
dataset = Dataset("rows", list(rows), tuple("abcd"), torch.arange(4) % 3)
model = Model("net", net, TabularDomain(low=-3.0, high=3.0))
suite = Suite("mine", (block(model, dataset, ["gradient", mine], ["pixel_flipping"]),))
"""
NEEDS_A_BASE = "hashFiles('base/suite.py') != ''"
OWN = "github.event.pull_request.head.repo.full_name == github.repository"
FAILED = "steps.compare.outcome == 'failure'"


@dataclass(frozen=True)
class Ended:
    """A job: what became of each step by its name or command, what failed steps said, and where it worked."""

    outcomes: dict[str, str]
    said: str
    workspace: Path
    success: bool


@pytest.fixture(scope="module")
def steps() -> list[dict[str, Any]]:
    yaml = pytest.importorskip("ruamel.yaml")
    job: dict[str, Any] = yaml.YAML(typ="safe").load(WORKFLOW)["jobs"]["compare"]
    return list(job["steps"])


def test_github_s_schema(tmp_path: Path) -> None:
    pytest.importorskip("check_jsonschema")
    (tmp_path / "whybench.yml").write_text(WORKFLOW)
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    checked = subprocess.run([*check, tmp_path / "whybench.yml"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    (tmp_path / "whybench.yml").write_text(WORKFLOW.replace("runs-on", "runs_on"))
    assert subprocess.run([*check, tmp_path / "whybench.yml"], capture_output=True, check=False).returncode == 1


def test_every_step_is_either_used_or_run_and_only_known_conditions(steps: list[dict[str, Any]]) -> None:
    assert [("uses" in step) + ("run" in step) for step in steps] == [1] * len(steps)
    assert {step["if"] for step in steps if "if" in step} == {NEEDS_A_BASE, OWN, FAILED}
    assert [step["id"] for step in steps if "id" in step] == ["compare"]


@pytest.fixture(scope="module")
def job(steps: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Ended]:
    """Runs all `run:` steps in a workspace with a base and a head; what is installed is this whybench."""
    if shutil.which("bash") is None:
        pytest.skip("the steps are written for bash")

    def performed(base: str | None, head: str) -> Ended:
        workspace = tmp_path_factory.mktemp("workspace")
        for folder, text in (("base", base), ("head", head)):
            (workspace / folder).mkdir()
            if text is not None:
                (workspace / folder / "suite.py").write_text(text)
        outcomes: dict[str, str] = {}
        success, said = True, ""
        for step in steps:
            name = step.get("name", step.get("run", step.get("uses")))
            conditions = {NEEDS_A_BASE: base is not None, FAILED: outcomes.get("Compare") == "failure", OWN: True}
            wanted = success and conditions.get(step.get("if"), True)
            if not wanted or "uses" in step or "pip install" in step["run"]:
                outcomes[name] = "skipped"
                continue
            ended = bash(step["run"], workspace, workspace / step.get("working-directory", "."))
            outcomes[name] = "failure" if ended.returncode else "success"
            said += f"{name}:\n{ended.stdout}{ended.stderr}" if ended.returncode else ""
            success = success and (not ended.returncode or step.get("continue-on-error", False))
        return Ended(outcomes, said, workspace, success)

    return performed


def bash(text: str, workspace: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """A step in the shell that GitHub gives it."""
    script = workspace / "step.sh"
    script.write_text(text)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    env |= {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(workspace), "OMP_NUM_THREADS": "1"}
    env |= {"GITHUB_OUTPUT": str(workspace / "output"), "GITHUB_STEP_SUMMARY": str(workspace / "summary.md")}
    env |= {"WHYBENCH_CACHE": str(workspace / "cache")}
    env |= {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
    return subprocess.run(shell, cwd=folder, env=env, capture_output=True, text=True, check=False)


GOOD = SUITE.replace("SIGN", "1")


@pytest.fixture(scope="module")
def regressed(job: Callable[..., Ended]) -> Ended:
    """The head turns the sign of its method round."""
    return job(GOOD, SUITE.replace("SIGN", "-1"))


@pytest.mark.slow
def test_an_unchanged_head_passes(job: Callable[..., Ended]) -> None:
    ended = job(GOOD, GOOD)
    assert ended.success, ended.said
    assert ended.outcomes["Compare"] == "success"
    assert ended.outcomes["Fail on a regression"] == "skipped"
    assert "No regression" in (ended.workspace / "summary.md").read_text()
    assert json.loads((ended.workspace / "comparison.json").read_text())["counts"] == {"unchanged": 2}


@pytest.mark.slow
def test_a_regression_fails_and_says_so(regressed: Ended) -> None:
    assert not regressed.success
    assert regressed.outcomes["Compare"] == "failure"
    assert regressed.outcomes["Show it in the summary"] == "success"
    assert regressed.outcomes["Fail on a regression"] == "failure"
    text = (regressed.workspace / "comparison.md").read_text()
    assert (regressed.workspace / "summary.md").read_text() == text
    assert "mine" in text
    found = json.loads((regressed.workspace / "comparison.json").read_text())["cells"]
    assert {cell["method"]: cell["verdict"] for cell in found} == {"gradient": "unchanged", "mine": "changed"}


@pytest.mark.slow
def test_the_pull_request_that_brings_the_suite(job: Callable[..., Ended]) -> None:
    ended = job(None, GOOD)
    assert ended.success, ended.said
    assert ended.outcomes["Compare"] == "skipped"
    assert ended.outcomes["Run the suite on the head"] == "success"
    assert not (ended.workspace / "summary.md").exists()


@pytest.mark.slow
def test_a_head_that_cannot_run_fails(job: Callable[..., Ended]) -> None:
    ended = job(GOOD, "raise ValueError('broken')")
    assert not ended.success
    assert ended.outcomes["Run the suite on the head"] == "failure"


@pytest.mark.slow
@pytest.mark.parametrize("there", [True, False])
def test_the_comment_is_written_once(there: bool, regressed: Ended, steps: list[dict[str, Any]]) -> None:
    """The script of the step under Node, with a tracker that notes what it is asked."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("the script is run by Node")
    (script,) = [step["with"]["script"] for step in steps if step.get("name") == "Comment"]
    body = (regressed.workspace / "comparison.md").read_text()
    marker = body.partition("\n")[0]
    known = [{"id": 1, "user": {"type": "User"}, "body": marker}, {"id": 2, "user": {"type": "Bot"}, "body": "other"}]
    known += [{"id": 3, "user": {"type": "Bot"}, "body": f"{marker}\nold"}] if there else []
    around = (
        "const told = [];\n"
        "const context = { repo: { owner: 'o', repo: 'r' }, issue: { number: 7 } };\n"
        "const rest = { issues: { listComments: 'list', updateComment: async (x) => told.push(['update', x]),"
        " createComment: async (x) => told.push(['create', x]) } };\n"
        f"const github = {{ rest, paginate: async () => ({json.dumps(known)}) }};\n"
        f"(async () => {{\n{script}\n}})().then(() => process.stdout.write(JSON.stringify(told)));\n"
    )
    ran = subprocess.run([node, "-e", around], cwd=regressed.workspace, capture_output=True, text=True, check=True)
    at = {"owner": "o", "repo": "r"}
    update = ["update", {**at, "comment_id": 3, "body": body}]
    assert json.loads(ran.stdout) == [update if there else ["create", {**at, "issue_number": 7, "body": body}]]
