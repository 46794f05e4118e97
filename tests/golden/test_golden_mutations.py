"""The mutation table on the committed golden iteration: a real run is broken, and the rule that says so says so.

``test_mutations`` applies every mutation to a repository built by code; here each rule meets the real one. Mutations
that speak of values which only the built one has do not apply, but every rule has at least one that does.
"""

import json
import shutil
from pathlib import Path

import pytest

from autolab_core.vocab.states import Stage, Verdict
from autolab_verifiers.builtin import BUILTIN, load
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.selftest.mutations import builtin_mutations
from autolab_verifiers.selftest.repository import RUN, Repository

TABLE = tuple(builtin_mutations())
GOLDEN = Path(__file__).resolve().parents[2] / "examples/golden_iteration"
RULES = [rule.id for name in BUILTIN for rule in load(name).rules]
# A local run has no job id; what a run on Slurm looks like is built by code.
OF_SLURM = {"RH012"}


def checks_of(root):
    judgement = examine(root, stage=Stage.EXTRACT_RESULTS, iteration_id="iter_golden", run_id=RUN).judgement
    return {check.rule: check for check in judgement.checks}


def objects(check, *, mildly):
    return bool(check.findings) if mildly else check.status in {Verdict.FAIL, Verdict.ERROR}


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule not in OF_SLURM])
def test_a_rule_catches_damage_done_to_the_golden_iteration(tmp_path, rule):
    caught, applied = [], []
    for number, mutation in enumerate(each for each in TABLE if each.rule == rule):
        root = Path(shutil.copytree(GOLDEN, tmp_path / str(number), symlinks=True))
        try:
            if mutation.prepare is not None:
                mutation.prepare(Repository(root))
            mutation.damage(Repository(root))
        except (ValueError, LookupError, OSError):
            continue  # it speaks of what only the built repository has
        applied.append(mutation.name)
        if objects(checks_of(root)[rule], mildly=mutation.mild):
            caught.append(mutation.name)

    assert caught, f"{rule}: none of {applied} was caught"


def test_both_forbidden_words_are_caught_in_the_golden_manifest(tmp_path):
    for word in ("queued", "in_progress"):
        root = Path(shutil.copytree(GOLDEN, tmp_path / word))
        path = next(root.glob("experiments/plan/iter_golden/runs/*/run_manifest.json"))
        path.write_text(json.dumps({**json.loads(path.read_text()), "status": word}, indent=2))

        checks = checks_of(root)

        assert checks["RH002"].status is Verdict.FAIL
        assert list(checks).index("SC004") < list(checks).index("RH002")
        assert checks["SC004"].status is Verdict.FAIL
