"""Which experiments are judged: the one that is named, that of the design, or all of the repository."""

from __future__ import annotations

import subprocess
import sys

import pytest

from autolab_core.io.experiment_layout import ExperimentPaths
from autolab_core.io.layout import EXPERIMENTS, STATE
from autolab_core.io.tree import Tree
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.states import Verdict
from autolab_verifiers.builtin import BUILTIN
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.experiment.found import experiments
from autolab_verifiers.engine.many import examine_many
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.selftest.experimenting import CONFIG, EXPERIMENT, JOURNAL, METRICS
from autolab_verifiers.selftest.guarding import SPEC
from autolab_verifiers.selftest.repository import ITERATION, PATHS, Repository

OTHER = ExperimentPaths("experiments/exp-000-plain.md")


@pytest.fixture
def orphan(foreign):
    """The same, with results whose spec is gone."""
    return foreign.write(OTHER.metrics, "{}")


def found(repository: Repository, **about) -> tuple[list[str], str]:
    subject = {"stage": None, "iteration_id": None, **about}
    answer = experiments(VerifyContext(Tree(str(repository.root)), **subject))
    return [each.id for each in answer.experiments], answer.reason


def test_with_an_iteration_it_is_that_of_the_design(foreign):
    assert found(foreign, iteration_id=ITERATION) == ([EXPERIMENT.id], "")


def test_a_design_that_names_no_spec_or_cannot_be_read_has_none(repository, foreign):
    repository.write(PATHS.design, "metrics: {}\n")
    assert found(repository, iteration_id=ITERATION) == ([], "the design names no spec")

    repository.write(PATHS.design, "a: [1")
    assert found(repository, iteration_id=ITERATION) == ([], "the design cannot be read")


@pytest.mark.parametrize("spec", ["../../etc", "experiments/.md", "a b.md", "x" * 300])
def test_a_spec_that_names_no_experiment_is_passed_over(foreign, spec):
    foreign.write(PATHS.design, f"spec: {spec!r}\n")

    names, reason = found(foreign, iteration_id=ITERATION)

    assert names == []
    assert reason


def test_without_an_iteration_it_is_all_that_left_something_behind(orphan):
    orphan.write("experiments/exp-002-later.md", "# exp-002-later: Not begun\n").write(
        "experiments/notes.md", "Notes.\n"
    )

    assert found(orphan) == ([OTHER.id, EXPERIMENT.id], "")


def test_a_repository_without_experiments_has_none(repository):
    assert found(repository) == ([], "no experiment of a spec was carried out")


def test_a_journal_is_enough(ours):
    ours.remove(EXPERIMENT.folder)

    assert EXPERIMENT.id in found(ours)[0]


def test_results_whose_spec_is_gone_are_a_finding(orphan):
    judgement = examine_many(str(orphan.root), only=["metrics_complete"]).judgement

    (check,) = [check for check in judgement.checks if check.rule == "MC001"]
    assert [(finding.path, finding.severity) for finding in check.findings] == [(OTHER.spec, "error")]


def test_what_cannot_be_read_of_one_does_not_keep_the_others_from_being_judged(foreign):
    foreign.write(OTHER.spec, (foreign.root / SPEC).read_bytes().replace(b"exp-001-momentum", b"exp-000-plain"))
    foreign.write(OTHER.metrics, "{").set(METRICS, "/treatment/f1", 0.8)

    judgement = examine_many(str(foreign.root), only=["metrics_complete", "schema_checks"]).judgement
    checks = {check.rule: check for check in judgement.checks}

    assert checks["SC001"].status is Verdict.ERROR
    assert [finding.path for finding in checks["MC007"].findings] == [METRICS]


def test_the_one_that_is_named_is_judged_alone(foreign):
    judgement = examine(foreign.root, spec=SPEC).judgement

    assert judgement.passed
    assert (judgement.iteration_id, judgement.run_id) == (None, None)
    checks = {check.rule: check for check in judgement.checks}
    assert checks["RH001"].reason == "no iteration to look at"
    assert checks["MC010"].status is Verdict.PASS


def test_a_spec_of_which_there_is_nothing_is_wrong_usage(repository):
    with pytest.raises(UsageError, match=r"there is no spec experiments/exp-009-x\.md"):
        examine(repository.root, spec="experiments/exp-009-x.md")


def test_a_spec_that_was_not_begun_is_skipped(foreign):
    foreign.remove(EXPERIMENT.folder)

    checks = examine(foreign.root, spec=SPEC, only=["metrics_complete"]).judgement.checks

    assert {check.reason for check in checks if check.verifier == "metrics_complete"} == {
        f"nothing was carried out of {SPEC} yet"
    }


def test_a_folder_alone_is_judged_where_the_spec_says_what_belongs_into_it(foreign):
    foreign.remove(METRICS).remove(CONFIG)
    assert found(foreign, iteration_id=ITERATION) == ([EXPERIMENT.id], "")

    foreign.write(SPEC, "# Another tool's spec\n\nMomentum might help.\n")
    assert found(foreign, iteration_id=ITERATION) == ([], f"nothing was carried out of {SPEC} yet")

    foreign.write(METRICS, "{}")
    assert found(foreign, iteration_id=ITERATION) == ([EXPERIMENT.id], "")


def test_an_experiment_alone_is_enough_to_judge_a_repository(foreign):
    foreign.remove(EXPERIMENTS + "/plan").remove(STATE)

    judgement = examine_many(str(foreign.root)).judgement

    assert judgement.runs == {"pass": 0, "fail": 0, "error": 0, "skip": 0}
    assert judgement.passed
    assert judgement.counts["pass"] > 10

    foreign.remove(METRICS)
    failed = [check.rule for check in examine_many(str(foreign.root)).judgement.checks if check.status is Verdict.FAIL]
    assert failed == ["MC002"]


def run(*arguments: str, cwd=None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "autolab_verifiers", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


def test_the_command_takes_a_spec_as_it_is_seen_from_the_current_folder(foreign):
    above = run("--spec", SPEC, "--no-write", cwd=foreign.root)
    inside = run("--spec", SPEC.partition("/")[2], "--no-write", cwd=foreign.root / "experiments")
    by_id = run("--experiment", EXPERIMENT.id, "--no-write", cwd=foreign.root)
    absolute = run("--root", str(foreign.root), "--spec", str(foreign.root / SPEC), "--no-write")

    assert {above.returncode, inside.returncode, by_id.returncode, absolute.returncode} == {0}, above.stdout
    assert "BF003" in above.stdout


@pytest.mark.parametrize("other", [["--all"], ["--iteration", ITERATION], ["--run", "r"], ["--stage", "launch"]])
def test_a_spec_and_something_else_are_wrong_usage(foreign, other):
    done = run(str(foreign.root), "--spec", SPEC, *other)

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_a_spec_outside_of_the_repository_is_one_line(foreign, tmp_path):
    (tmp_path / "exp-001-momentum.md").write_text("# x\n")

    done = run(str(foreign.root), "--spec", "../exp-001-momentum.md")

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_nothing_of_experiments_is_imported_where_there_is_none(repository):
    code = (
        "import sys\nfrom autolab_verifiers.cli.main import main\nmain(sys.argv[1:])\n"
        "late = ('markdown_it', 'attrs', 'autolab_core.io.spec', 'autolab_core.io.journal',"
        " 'autolab_core.models.experiment', 'autolab_core.vocab.experiment',"
        " 'autolab_verifiers.contract.experiment.facts', 'autolab_core.git.history',"
        " 'autolab_verifiers.contract.experiment.interpretation')\n"
        "print([name for name in late if name in sys.modules])"
    )
    arguments = [sys.executable, "-c", code, str(repository.root), "--no-write"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_each_verifier_of_experiments_is_shipped():
    names = ["metrics_complete", "baseline_first", "budget", "abort_protocol", "results_untouched"]

    assert {*names, "config_matches_spec", "change_scope", "no_interpretation"} <= {*BUILTIN}


def test_the_sample_has_all_its_files(ours):
    assert all((ours.root / path).is_file() for path in (SPEC, METRICS, CONFIG, JOURNAL))
