"""A guarded run on a real Slurm: the guard is entered in the job, and its record decides what the run is."""

from __future__ import annotations

import pytest

from autolab_core.guard.record import problems
from tests.integration.crash.lab import FOLDER, wait_until
from tests.integration.slurm import replicates as made
from tests.integration.slurm.test_allocation_real import answers, inside
from tests.integration.slurm.test_launch_real import Site, sites
from tests.integration.slurm.test_replicates_real import check, watched

SPEC = "experiments/exp-001.md"
TEXT = "# What is to be found out\n"
BODY = f"""\
if echo more >> {SPEC}; then exit 3; fi
rm .autolab/guard/* && exit 4
rm "$AUTOLAB_RUN_DIR/logs/start.json" && exit 5
echo 1 > results/exp-001/numbers
"""


@pytest.fixture
def site(lab, slurm):
    yield from sites(lab, slurm)


def guarded(site: Site, body: str) -> Site:
    site.make(body)
    lab = site.lab
    lab.write(SPEC, TEXT)
    design = f"{FOLDER}/design.yaml"
    lab.write(design, (lab.root / design).read_text() + f"spec: {SPEC}\n")
    lab.approve()
    return site


def test_a_guarded_job_cannot_change_its_spec_and_completes_with_the_proof(site):
    lab = guarded(site, BODY).lab
    answer = site.do("launch", "--json")
    assert answer.code == 0, answer
    assert site.ended() == "COMPLETED", lab.log("stderr.log")

    wait_until(lambda: site.do("run") and lab.state()["stage"] == "update_docs", "the results are read")

    manifest = lab.manifest()
    assert (manifest["status"], manifest["failure"]) == ("completed", None)
    assert (lab.root / SPEC).read_text() == TEXT
    record = lab.json(f".autolab/guard/{lab.run.name}.json")
    assert problems(record) == []
    assert (record["exit_code"], record["after"]["seals_ok"]) == (0, True)
    assert manifest["guard"]["verified"] is True
    checks = {check["rule"]: check["status"] for check in lab.json(".autolab/verification_result.json")["checks"]}
    assert {checks[f"SG00{number}"] for number in range(1, 7)} == {"pass"}


@pytest.mark.parametrize("on_node", [False, True])
def test_a_guarded_run_in_an_allocation_is_guarded_where_it_runs(site, on_node):
    link = f'ln -sf "$PWD/{SPEC}" "$AUTOLAB_RUN_DIR/logs/signal.json" && exit 5; true'
    lab = guarded(site, f"{BODY}{link}").lab

    line = "$autolab launch --json && $autolab monitor --json && $autolab run --wait --json"
    said = inside(site, line, on_node=on_node)

    launched, *_, extracted = answers(said)
    assert "inside allocation" in launched["summary"]
    assert extracted["outcome"] == "advance", (extracted, lab.log("stderr.log"))
    manifest = lab.manifest()
    assert (manifest["status"], manifest["guard"]["verified"]) == ("completed", True)
    assert manifest["submission"]["script"].endswith(f"{lab.run.name}/run_local.sh")
    assert (lab.root / SPEC).read_text() == TEXT
    assert not (lab.run / "logs/signal.json").is_symlink()


def test_a_job_whose_node_refuses_the_guard_fails_with_that_as_its_reason(site):
    lab = guarded(site, "true").lab
    lab.replace("docs/environment.md", ":\n", f'[ -z "${{AUTOLAB_RUN_ID-}}" ] || ln {SPEC} experiments/second\n')
    lab.approve()
    assert site.do("launch", "--json").code == 0
    assert site.ended() == "FAILED"

    wait_until(lambda: site.do("run") and lab.manifest()["failure"], "the failure is seen")

    failure = lab.manifest()["failure"]
    assert failure["reason"].startswith(f"the guard refused the command: '{SPEC}' has 2 names"), failure
    assert failure["exit"] == "125:0"


def test_each_task_of_an_array_is_guarded_with_a_record_of_its_own(site):
    lab = made.make(site.lab, 2, f"if echo more >> {SPEC}; then exit 4; fi")
    lab.write(SPEC, TEXT)
    design = f"{FOLDER}/design.yaml"
    lab.write(design, (lab.root / design).read_text() + f"spec: {SPEC}\n")
    lab.approve()
    made.commit(lab)

    launched = site.do("launch", "--run-id", "g1", "--json")
    watched(site)
    answer = site.do("run", "--json")

    assert (launched.code, answer.json["outcome"]) == (0, "advance"), (launched, answer)
    assert set(made.statuses(lab).values()) == {"completed"}
    assert (lab.root / SPEC).read_text() == TEXT
    tasks = [made.manifest(lab, f"g1-r{index}")["guard"] for index in range(2)]
    assert [each["record"] for each in tasks] == [f".autolab/guard/g1-r{index}.json" for index in range(2)]
    assert [each["verified"] for each in tasks] == [True, True]
    check(site)
