"""The example of a third party's verifier: built and installed as any package, and used by the real command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autolab_core.io.layout import POLICY
from autolab_verifiers.selftest.repository import PATHS, build

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/verifier_plugin"


@pytest.fixture
def repository(tmp_path):
    made = build(tmp_path / "repository")
    made.remove(POLICY)  # it lists what is run, and so leaves plugins out
    return made


def run(site: Path, *command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(site)])}
    environment.pop("PYTEST_ADDOPTS", None)
    command = (sys.executable, "-P", "-m", *command)
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=cwd, check=False)


def verify(site: Path, repository, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(site, "autolab_verifiers", str(repository.root), *arguments)


def statuses(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    checks = json.loads(done.stdout)["checks"]
    return {check["rule"]: check["status"] for check in checks if check["verifier"] == "metric_units"}


def test_it_is_listed_with_its_rules(site):
    listed = run(site, "autolab_verifiers", "--list")

    assert listed.returncode == 0, listed.stderr
    assert "metric_units" in listed.stdout
    assert "MU002  a metric in percent lies between 0 and 100" in listed.stdout
    assert "looks a hundred times worse" not in listed.stdout


def test_it_judges(site, repository):
    done = verify(site, repository, "--format", "json")
    assert (done.returncode, statuses(done)) == (0, {"MU001": "pass", "MU002": "pass"})

    repository.metrics("/primary_metric/value", 183.6)
    assert statuses(verify(site, repository, "--format", "json")) == {"MU001": "pass", "MU002": "fail"}

    repository.replace(PATHS.design, ' unit: "%",', "")
    done = verify(site, repository)
    assert done.returncode == 1
    assert "FAIL  MU001 experiments/plan/iter_golden/design.yaml:10: the primary metric has no unit" in done.stdout
    assert "hint: write it as metrics.primary.unit" in done.stdout


def test_the_self_test_proves_its_rules(site, tmp_path):
    done = run(site, "autolab_verifiers", "--self-test", "--only", "metric_units", cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert "metric_units  2 of 2 rules proven by 5 mutations" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_self_test_sees_a_rule_that_never_objects(site, tmp_path):
    blunt = Path(shutil.copytree(site, tmp_path / "blunt"))
    source = blunt / "autolab_metric_units/verifier.py"
    text = source.read_text(encoding="utf-8")
    assert text.count("if not 0 <= value <= 100:") == 1
    source.write_text(text.replace("if not 0 <= value <= 100:", "if False:"), encoding="utf-8")

    done = run(blunt, "autolab_verifiers", "--self-test", "--only", "metric_units")

    assert done.returncode == 1
    assert "UNPROVEN MU002 value_is_above_100 (metric_units): the broken copy does not fail but is pass" in done.stdout
    assert "1 of 2 rules proven" in done.stdout


def test_it_can_be_blocked(site, repository):
    blocked = verify(site, repository, "--block", "metric_units", "--format", "json")
    assert (blocked.returncode, statuses(blocked)) == (0, {})

    listed = run(site, "autolab_verifiers", "--list", "--block", "metric_units")
    assert "MU001" not in listed.stdout
    assert "blocked: the plugin 'metric_units' of autolab-metric-units 0.1.0" in listed.stdout

    repository.write(POLICY, "plugins: {block: [metric_units]}\n")
    assert statuses(verify(site, repository, "--format", "json")) == {}


def test_its_own_tests_pass(site, example, tmp_path):
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", f"--basetemp={tmp_path / 'child'}"]
    done = run(site, "pytest", *options, cwd=example)

    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout
