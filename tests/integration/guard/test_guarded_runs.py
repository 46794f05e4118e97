"""A launch whose design names a spec: its command runs under the guard, and the record decides what the run is."""

from __future__ import annotations

import json

import pytest

from autolab_core.guard.record import REFUSALS
from tests.integration.crash.lab import FOLDER, Lab, wait_until
from tests.integration.experiment.laboratory import RESULTS
from tests.integration.experiment.laboratory import SPEC as CARRIED_OUT
from tests.integration.experiment.launching import COMMAND, with_experiment

SPEC = "experiments/exp-001.md"
TEXT = "# What is to be found out\n"
# Says of each attempt how it ended, where the run may write.
ATTEMPTS = f"""\
attempt() {{
  if sh -c "$2" 2>> "$AUTOLAB_RUN_DIR/why"; then echo "$1: worked"; else echo "$1: refused"; fi
}}
{{
  attempt spec 'echo more >> {SPEC}'
  attempt beside 'echo more > experiments/other'
  attempt record 'rm .autolab/guard/$AUTOLAB_RUN_ID.json'
  attempt state 'echo >> .autolab/state.json'
  attempt results 'echo 1 > results/exp-001/numbers'
}} > "$AUTOLAB_RUN_DIR/attempts"
"""


def guarded(lab: Lab, body: str = "", policy: str = "", spec: str = SPEC) -> Lab:
    lab.make(body)
    lab.write(SPEC, TEXT)
    design = f"{FOLDER}/design.yaml"
    lab.write(design, (lab.root / design).read_text() + (f"spec: {spec}\n" if spec else ""))
    if policy:
        lab.write(".autolab/verifier_policy.yaml", policy)
    lab.approve()
    return lab


def launched(lab: Lab) -> Lab:
    answer = lab.fork("launch", "--json")
    assert answer.code == 0, answer
    lab.job_ended()
    lab.ended()
    return lab


def denied(lab: Lab) -> int:
    return (lab.run / "why").read_text().count("Permission denied")


def findings(answer_or_report) -> dict[str, list[str]]:
    return {
        check["rule"]: [each["message"] for each in check["findings"]]
        for check in answer_or_report["checks"]
        if check["status"] in ("fail", "error")
    }


def report(lab: Lab) -> dict[str, list[str]]:
    return findings(lab.json(".autolab/verification_result.json"))


def test_a_guarded_run_cannot_change_its_spec_and_completes_with_the_proof(lab):
    # With a real experiment of a real spec: without its results the run would not verify.
    body = ATTEMPTS.replace(SPEC, CARRIED_OUT).replace("results/exp-001/", f"{RESULTS}/")
    with_experiment(lab, "sh job.sh", body=f"{body}{COMMAND}")
    text = (lab.root / CARRIED_OUT).read_text()
    launched(lab)
    lab.finish_iteration()

    manifest, run_id = lab.manifest(), lab.run.name
    assert (manifest["status"], manifest["failure"]) == ("completed", None)
    attempts = (lab.run / "attempts").read_text().splitlines()
    assert attempts == ["spec: refused", "beside: refused", "record: refused", "state: refused", "results: worked"]
    assert (lab.run / "why").read_text().count("Read-only file system") + denied(lab) == 4
    assert (lab.root / CARRIED_OUT).read_text() == text
    assert (lab.root / RESULTS / "numbers").exists()
    record = lab.json(f".autolab/guard/{run_id}.json")
    assert record["policy"] == lab.json(f".autolab/guard/{run_id}.policy.json")
    assert (record["exit_code"], record["after"]["seals_ok"]) == (0, True)
    assert manifest["command"] == "sh job.sh"
    section = manifest["guard"]
    assert (section["level"], section["require"], section["verified"]) == (record["level"], "content", True)
    assert section["seals"][CARRIED_OUT]
    assert {each["errno"] for each in section["probe"]} <= REFUSALS
    assert report(lab) == {}
    checks = {check["rule"]: check["status"] for check in lab.json(".autolab/verification_result.json")["checks"]}
    assert {checks[f"SG00{number}"] for number in range(1, 7)} == {"pass"}


def test_lines_that_a_command_adds_to_its_own_script_do_not_run_outside_of_the_guard(lab):
    added = f"echo more >> {SPEC}"
    launched(guarded(lab, f"echo '{added}' >> \"$AUTOLAB_RUN_DIR/run_local.sh\""))

    assert added in (lab.run / "run_local.sh").read_text()
    assert (lab.root / SPEC).read_text() == TEXT


def test_a_run_without_its_record_does_not_verify(lab):
    launched(guarded(lab, "true"))
    (lab.root / f".autolab/guard/{lab.run.name}.json").unlink()

    answer = lab.fork("extract", "--json") if lab.fork("run", "--json").code == 0 else None

    assert answer is not None
    assert "complete but does not verify" in answer.json["summary"], answer
    assert "SG001" in answer.json["summary"]
    assert lab.state()["stage"] == "extract_results"


@pytest.mark.parametrize("otherwise", ["at a weaker level", "by another policy", "with less required"])
def test_a_run_that_was_guarded_otherwise_than_launched_does_not_verify(lab, otherwise):
    launched(guarded(lab, "true"))
    run_id = lab.run.name
    policy = f".autolab/guard/{run_id}.policy.json"
    words = ["guard", "run", "--policy", policy, "--run-id", run_id]
    # Somebody runs it once more, otherwise, and so puts that record in the place of the run's own.
    if otherwise == "at a weaker level":
        words += ["--level", "none"]
    elif otherwise == "by another policy":
        lab.write(policy, json.dumps({**lab.json(policy), "protected": ["experiments"]}))
    else:
        words += ["--require", "none"]
    assert lab.cli(*words, "--", "true").code == 0

    lab.fork("run", "--json")
    answer = lab.fork("run", "--json")

    assert "complete but does not verify: SG001" in answer.json["summary"], answer
    assert "is not the sha256 of the policy on record" in report(lab)["SG001"]


def test_a_run_whose_guard_saw_a_change_fails_with_that_as_its_reason(lab):
    guarded(lab, 'touch "$AUTOLAB_RUN_DIR/here"; while [ -e "$AUTOLAB_RUN_DIR/here" ]; do sleep 0.05; done')
    assert lab.fork("launch", "--json").code == 0
    wait_until((lab.run / "here").exists, "the job has begun")
    lab.write(SPEC, TEXT + "And more.\n")
    (lab.run / "here").unlink()
    lab.job_ended()

    lab.fork("run", "--json")

    manifest = lab.manifest()
    assert manifest["status"] == "failed"
    assert manifest["failure"]["reason"].startswith(f"the guard saw a change: '{SPEC}' holds other bytes")
    assert manifest["guard"]["verified"] is False


def test_a_guard_that_refuses_its_command_is_the_reason_of_the_failure(lab):
    guarded(lab, "true")
    plan = lab.fork("launch", "--dry-run", "--json")
    assert plan.code == 0
    # The spec gets a second name between the check and the start.
    lab.replace("docs/environment.md", ":\n", f'[ -z "${{AUTOLAB_RUN_ID-}}" ] || ln {SPEC} experiments/second\n')
    lab.approve()
    launched(lab)

    lab.fork("run", "--json")

    reason = lab.manifest()["failure"]["reason"]
    assert reason.startswith(f"the guard refused the command: '{SPEC}' has 2 names"), reason


@pytest.mark.parametrize(
    ("spec", "policy", "words"),
    [
        ("experiments/none.md", "", ["'experiments/none.md' does not exist", "write it"]),
        (SPEC, "guard: {writable: [nowhere]}\n", ["'nowhere' does not exist"]),
        (SPEC, "guard: {writable: [experiments]}\n", ["protected and writable at once"]),
    ],
)
def test_what_cannot_be_guarded_is_refused_before_anything_is_written(lab, spec, policy, words):
    guarded(lab, policy=policy, spec=spec)

    answer = lab.fork("launch", "--json")

    assert (answer.code, answer.json["outcome"]) == (1, "needs_retry"), answer
    assert all(word in answer.json["summary"] for word in words), answer.json["summary"]
    assert lab.run_ids() == []
    assert lab.state()["stage"] == "design"


def test_a_policy_may_ask_a_guard_of_runs_without_a_spec(lab):
    launched(guarded(lab, "echo >> docs/environment.md; true", "guard: {network: none}\n", spec=""))
    lab.finish_iteration()

    assert lab.manifest()["status"] == "completed"
    assert lab.log("stderr.log").count("docs/environment.md: ") == 1
    assert lab.json(f".autolab/guard/{lab.run.name}.json")["policy"]["network"] == "none"


@pytest.mark.parametrize("policy", ["", "guard: {require: none}\n"])
def test_a_run_that_nobody_asks_a_guard_of_has_none(lab, policy):
    launched(guarded(lab, "true", policy, spec=""))

    assert lab.manifest()["guard"] is None
    assert "guard" not in (lab.run / "run_local.sh").read_text()
    assert not (lab.root / ".autolab/guard").exists()
