"""The golden iteration is what it says: real, complete, judged by everything, and made again by one command."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autolab_verifiers.builtin import BUILTIN
from autolab_verifiers.engine.verify import verify

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
GOLDEN = EXAMPLES / "golden_iteration"
RUN = "experiments/plan/iter_golden/runs/20260201T120000Z_demo"
SLURM_RUN = "experiments/plan/iter_golden_slurm/runs/20260201T130000Z_slurm"
OF_OTHERS = {
    *("spec_guard", "replicates", "metrics_complete", "baseline_first", "budget", "abort_protocol"),
    *("results_untouched", "config_matches_spec", "change_scope", "no_interpretation", "edit_scope", "evidence"),
}
# What a run brings with it: its own times, processes and machine.
OF_THE_MOMENT = {"timestamps", "submission", "host", "environment", "scheduler", "history", "commit", "review"}


@pytest.fixture
def golden(tmp_path):
    return Path(shutil.copytree(GOLDEN, tmp_path / "golden"))


def report_of(root, **options):
    return verify(root, stage="extract_results", iteration_id="iter_golden", run_id=Path(RUN).name, **options)


def test_every_rule_that_can_judge_a_local_run_passes(golden):
    report = report_of(golden)

    assert report.passed
    assert {check.rule for check in report.checks if check.status == "skip"} == {
        "RH012",
        "SC010",
        "LS003",
        "CE001",
        "CE002",
        "CE003",
        "LG002",
        *("SC012", "SC013", "SC014", "SC015"),
        "LA006",
        # No replicates, and its design names no spec.
        *(check.rule for check in report.checks if check.verifier in OF_OTHERS),
    }
    assert {check.verifier for check in report.checks} == set(BUILTIN)


def test_its_verification_result_is_the_committed_one_but_for_the_run_block(golden):
    committed = json.loads((golden / ".autolab/verification_result.json").read_text())

    report_of(golden)

    fresh = json.loads((golden / ".autolab/verification_result.json").read_text())
    assert list(fresh) == list(committed)
    assert {**fresh, "run": None} == {**committed, "run": None}
    assert set(fresh["run"]) == set(committed["run"])


def test_two_verifications_of_one_tree_differ_in_the_run_block_only(golden):
    texts = []
    for _ in range(2):
        report_of(golden)
        text = (golden / ".autolab/verification_result.json").read_text()
        texts.append(text[: text.index('"run":')])

    assert texts[0] == texts[1]


def test_every_rule_that_can_judge_a_run_on_slurm_passes(golden):
    report = verify(golden, stage="extract_results", iteration_id="iter_golden_slurm", run_id=Path(SLURM_RUN).name)

    assert report.passed, report.message
    skipped = {check.rule for check in report.checks if check.status == "skip"}
    # LA006 is about runs on another machine.
    assert {rule for rule in skipped if rule.startswith(("RH", "LS", "LG", "LA"))} == {"LA006"}
    manifest = json.loads((golden / SLURM_RUN / "run_manifest.json").read_text())
    assert (manifest["host_mode"], manifest["status"], manifest["scheduler"]["state"]) == (
        "slurm",
        "completed",
        "COMPLETED",
    )


def test_both_ways_of_running_give_the_same_numbers():
    local, slurm = (json.loads((GOLDEN / run / "metrics.json").read_text()) for run in (RUN, SLURM_RUN))

    of_the_run = {"run_id": "", "iteration_id": ""}
    assert {**local, **of_the_run} == {**slurm, **of_the_run}


@pytest.fixture(scope="module")
def made_again(tmp_path_factory):
    """A second run of the golden experiment, by the commands that made the first."""
    sys.path.insert(0, str(EXAMPLES))
    try:
        import scratch
    finally:
        sys.path.remove(str(EXAMPLES))
    folder = tmp_path_factory.mktemp("golden") / "again"
    scratch.make_scratch(folder)
    for words in ("init", "review approve --who golden", f"launch --wait --run-id {Path(RUN).name}", "run", "run"):
        argv = (sys.executable, "-m", "autolab_cli", *words.split())
        subprocess.run(argv, cwd=folder, env=scratch.environment(), check=True, capture_output=True, timeout=60)
    return folder


def test_its_numbers_come_out_again(made_again):
    assert (made_again / RUN / "metrics.json").read_bytes() == (GOLDEN / RUN / "metrics.json").read_bytes()


def test_its_manifest_comes_out_again_but_for_what_is_of_the_moment(made_again):
    now, then = (json.loads((root / RUN / "run_manifest.json").read_text()) for root in (made_again, GOLDEN))

    assert list(now) == list(then)
    assert {key for key in now if now[key] != then[key]} - {"artifact_sync_to_local"} <= OF_THE_MOMENT


def test_it_names_no_path_of_the_machine_that_made_it():
    texts = [path.read_text() for path in GOLDEN.rglob("*") if path.is_file() and "__pycache__" not in path.parts]

    assert [text for text in texts if "/tmp/" in text or "/root/" in text or "/home/" in text] == []
