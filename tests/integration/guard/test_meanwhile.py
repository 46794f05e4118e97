"""What others do while a guarded run goes on: work beside it is no change, and what is evidence stays as it was."""

from __future__ import annotations

import pytest

from tests.integration.crash.lab import wait_until
from tests.integration.guard.test_guarded_runs import SPEC, guarded

WAITING = 'touch "$AUTOLAB_RUN_DIR/here"; while [ -e "$AUTOLAB_RUN_DIR/here" ]; do sleep 0.05; done'


def put(lab, path: str, text: str) -> None:
    (lab.root / path).parent.mkdir(parents=True, exist_ok=True)
    lab.write(path, text)


def launched(lab, policy: str = ""):
    """A guarded run that goes on until ``here`` is removed."""
    guarded(lab, WAITING, policy)
    put(lab, "results/exp-000/metrics.json", "{}\n")
    put(lab, "results/exp-002/log", "begun\n")
    put(lab, "experiments/done/iter_000/analysis.md", "# Over\n")
    answer = lab.fork("launch", "--json")
    assert answer.code == 0, answer
    wait_until((lab.run / "here").exists, "the job has begun")
    return lab


def ended(lab):
    (lab.run / "here").unlink()
    lab.job_ended()
    lab.fork("run", "--json")
    return lab.manifest()


def test_others_go_on_working_beside_a_guarded_run(lab):
    launched(lab)
    put(lab, "experiments/plan/iter_002/design.yaml", "id: next\n")
    lab.write("experiments/exp-002.md", "# The next one\n")
    lab.write("results/exp-002/log", "begun\ngoes on\n")
    lab.write("results/exp-002/metrics.json", "{}\n")
    lab.write(".autolab/backlog.yaml", (lab.root / ".autolab/backlog.yaml").read_text() + "# exp-002 is the next one\n")
    assert lab.fork("monitor", "--json").code == 0

    ended(lab)
    lab.ended()
    lab.finish_iteration()

    manifest = lab.manifest()
    assert (manifest["status"], manifest["failure"], manifest["guard"]["verified"]) == ("completed", None, True)
    record = lab.json(f".autolab/guard/{lab.run.name}.json")
    assert record["after"] == {"at": record["after"]["at"], "seals_ok": True, "changes": []}
    sealed = set(record["policy"]["sealed"])
    assert {SPEC, "results/exp-000", "experiments/done/iter_000", "RESEARCH_LOG.md"} <= sealed
    assert not {"experiments", "results", ".autolab", "results/exp-001"} & sealed
    (note,) = (each for each in record["notes"] if "not sealed as a whole" in each)
    assert all(repr(path) in note for path in ("experiments", "results", ".autolab"))


@pytest.mark.parametrize(
    ("policy", "path"),
    [
        ("", "results/exp-000/metrics.json"),
        ("", "results/exp-000/late"),
        ("", "experiments/done/iter_000/analysis.md"),
        ("", "QUESTIONS.md"),
        ("", ".autolab/verifier_policy.yaml"),
        ("guard: {seal: [results/exp-002]}\n", "results/exp-002/log"),
    ],
)
def test_a_change_of_what_is_sealed_fails_the_run(lab, policy, path):
    launched(lab, policy)
    lab.write(path, "guard: {}\n")

    manifest = ended(lab)

    assert manifest["status"] == "failed"
    assert manifest["failure"]["reason"].startswith(f"the guard saw a change: '{path}' ")
