"""An iteration whose run carries out a spec: what the tests of local runs and of Slurm's jobs have in common."""

from __future__ import annotations

import json
import sys
from typing import Any

from tests.integration.crash.lab import FOLDER, Lab, finish
from tests.integration.experiment.laboratory import ID, RECORD, RESULTS, SPEC, TRAIN, spec_text
from tests.unit.repositories import git

COMMAND = f"{sys.executable} -P -m autolab_cli experiment run {SPEC}"
SCRIPT = f"{sys.executable} carry_out.py"
# The rules about experiments that have something to judge in one that came to its end.
EXPERIMENT_RULES = ("MC001", "BF001", "BF002", "BF003", "RU001", "RU002", "RU003", "RU004", "RU005", "RU006")
# The same numbers as `TRAIN` prints, recorded by the process that makes them.
_CARRY_OUT = f"""\
import autolab_core
with autolab_core.experiment.open({SPEC!r}) as run:
    for rate, block in ((0.0, run.baseline), (0.5, run.treatment)):
        with block() as phase:
            phase.configuration({{"rate": rate, "width": 8}})
            for seed in run.seeds:
                phase.record("loss", round(1.0 - rate + 0.01 * seed, 6), seed=seed)
"""
# The user's own parser: it takes the iteration's metrics from what the experiment has written.
_PARSER = f"""\
import json, sys
run_id, path = sys.argv[1:]
found = json.load(open("{RESULTS}/metrics.json"))
before, after = found["baseline"]["loss"], found["treatment"]["loss"]
metrics = {{
    "schema_version": "1.0", "iteration_id": "iter_001", "run_id": run_id, "status": "completed",
    "primary_metric": {{"name": "distance", "value": after, "delta_vs_baseline": after - before}},
    "baseline_results": [{{"name": "plain", "value": before}}],
    "variant_results": [{{"name": "drift", "value": after}}],
    "aggregation_method": "mean",
}}
json.dump(metrics, open(path, "w"))
"""


def with_experiment(lab: Lab, cli: str = COMMAND, policy: str = "", **options: Any) -> Lab:
    """A fresh, approved and committed repository whose run is *cli*, of the small spec."""
    lab.make(cli=cli, **options)
    # A launched run may write its own folders alone: nothing is compiled beside the source.
    lab.write(SPEC, spec_text().replace("-m py_compile train.py", "-c pass"))
    lab.write("train.py", TRAIN)
    lab.write("behaviour.json", "{}")
    lab.write("carry_out.py", _CARRY_OUT)
    lab.write("extract.py", _PARSER)
    design = f"{FOLDER}/design.yaml"
    lab.write(design, (lab.root / design).read_text() + f"spec: {SPEC}\n")
    if policy:
        lab.write(".autolab/verifier_policy.yaml", policy)
    lab.approve()
    git(lab.root, "init", "-q")
    git(lab.root, "add", "-A")
    git(lab.root, "commit", "-qm", "The beginning")
    return lab


def journal(lab: Lab, event: str) -> list[dict[str, Any]]:
    """The entries of the experiment's journal that are of *event*."""
    lines = (lab.root / RECORD / "journal.jsonl").read_text().splitlines()
    return [each for each in map(json.loads, lines) if each["event"] == event]


def assert_verifies(lab: Lab) -> None:
    """`autolab-verify` of the iteration passes, and every rule about experiments had something to judge."""
    words = ("--format", "json", "--iteration", "iter_001", "--run", lab.run.name)
    done = finish(lab.spawn(sys.executable, "-P", "-m", "autolab_verifiers", *words))
    assert done.code == 0, done
    found = {check["rule"]: check["status"] for check in done.json["checks"]}
    assert {rule: found[rule] for rule in EXPERIMENT_RULES} == dict.fromkeys(EXPERIMENT_RULES, "pass"), done
    assert set(found.values()) <= {"pass", "skip"}, done


def assert_carried_out(lab: Lab) -> None:
    """The experiment has its results, and the guard of its run was the one that held its commands."""
    record = lab.json(f".autolab/guard/{lab.run.name}.json")
    opened, config = journal(lab, "opened"), lab.json(f"{RESULTS}/config.json")
    assert lab.json(f"{RESULTS}/metrics.json")["treatment"] == {"loss": 0.505}
    assert [(each["guard"]["level"], each["guard"]["outer"]) for each in opened] == [(record["level"], True)]
    assert opened[0]["guard"]["require"] == "content"
    assert {each["errno"] for each in opened[0]["guard"]["probe"]} <= {"EROFS", "EACCES", "EPERM"}
    assert (config["guard"]["level"], config["guard"]["outer"], config["guard"]["records"]) == (
        record["level"], True, [],
    )  # fmt: skip
    assert RECORD in record["policy"]["writable"]
    assert f".autolab/experiments/{ID}" not in record["policy"]["sealed"]
    assert [path.name for path in (lab.root / ".autolab/guard").glob(f"{ID}*")] == []
