"""Which runs are guarded and by what policy; what a launch writes for it, and what a record makes of a manifest."""

from __future__ import annotations

import json

import attrs
import pytest

from autolab_core.guard.plan import resolve
from autolab_core.guard.policy import policy_from_data
from autolab_core.io.documents import dump_json
from autolab_core.io.experiment_layout import experiment_results
from autolab_core.io.layout import IterationPaths
from autolab_core.models.job import JobObservation
from autolab_core.models.manifest import Failure
from autolab_core.schedulers.local.script import LocalScript, render
from autolab_core.stages.context import StageContext
from autolab_core.stages.launch import LaunchOptions, prepare
from autolab_core.stages.launching.guard_record import with_guard
from autolab_core.stages.launching.guarding import Unguardable, guard_of, require_level
from autolab_core.stages.launching.plan import LaunchPlan
from autolab_core.vocab.guard import GuardLevel, Network
from autolab_core.vocab.jobs import JobState
from autolab_core.vocab.states import HostMode, RunStatus
from autolab_verifiers.engine.verify import verify
from tests.unit.repositories import (
    FOLDER,
    LOCAL_HOST,
    SLURM_HOST,
    Clock,
    FakeRunner,
    FakeScheduler,
    manifest,
    pass_review,
    put,
)

SPEC = "experiments/exp-001.md"
KEPT = ".autolab/experiments/exp-001"
RUN = IterationPaths(FOLDER).run("r1")
POLICY = ".autolab/guard/r1.policy.json"


@pytest.fixture
def repository(repository):
    put(repository, SPEC, "# What is to be found out\n")
    pass_review(repository)
    return repository


def with_spec(repository):
    path = repository.root / FOLDER / "design.yaml"
    path.write_text(path.read_text() + f"spec: ./{SPEC}\n")


def ask(repository, text):
    put(repository, ".autolab/verifier_policy.yaml", f"guard: {text}\n")


def guard(repository, **options):
    design = repository.design(IterationPaths(FOLDER))
    return guard_of(repository, design, RUN, "r1", name="r1", **options)


def planned(repository, host=LOCAL_HOST):
    schedulers = {HostMode.LOCAL: FakeScheduler(), HostMode.SLURM: FakeScheduler()}
    context = StageContext(repository, FakeRunner(**host), schedulers, verify, Clock())
    plan = prepare(context, LaunchOptions(run_id="r1"))
    assert isinstance(plan, LaunchPlan), plan
    return plan


# --- which runs, and by what policy


def test_a_design_with_a_spec_is_guarded_and_writes_its_own_folders_alone(repository):
    with_spec(repository)

    policy = guard(repository).policy

    assert (policy.spec, policy.require, policy.network) == (SPEC, "content", Network.INHERIT)
    assert policy.writable == (KEPT, RUN.folder, "results/exp-001")
    assert KEPT not in policy.to_seal
    assert {"experiments", "results", ".autolab", "RESEARCH_LOG.md"} <= set(policy.protected)


def test_the_logs_are_kept_from_the_command_and_not_sealed_because_others_write_there(repository):
    with_spec(repository)
    (repository.root / RUN.logs).mkdir(parents=True)
    (repository.root / "results/exp-001").mkdir(parents=True)
    (repository.root / KEPT).mkdir(parents=True)

    policy = guard(repository).policy
    plan = resolve(policy, str(repository.root))

    assert RUN.logs in policy.protected
    assert RUN.logs not in policy.to_seal
    assert not plan.zones.writable(str(repository.root / RUN.exit_marker))
    assert plan.zones.writable(str(repository.root / RUN.metrics))
    assert str(repository.root / RUN.folder) in plan.trees.closed


@pytest.mark.parametrize("text", [None, "null", "{require: none}", "{require: none, network: none}"])
def test_without_a_spec_nobody_asks_for_a_guard(repository, text):
    if text is not None:
        ask(repository, text)

    assert guard(repository) is None


def test_the_policy_s_section_asks_for_one_and_says_how(repository):
    (repository.root / "scratch").mkdir()
    ask(repository, "{require: landlock, network: [443], writable: [scratch/]}")

    found = guard(repository)

    assert found.policy.spec is None
    assert (found.policy.require, found.policy.network) == ("landlock", (443,))
    assert found.policy.writable == (RUN.folder, "scratch")
    assert found.folders == (RUN.folder, RUN.logs, RUN.outputs)


def test_of_a_spec_the_section_may_ask_less(repository):
    with_spec(repository)
    ask(repository, "{require: none}")

    found = guard(repository)

    assert found.policy.require == "none"
    require_level(found)


@pytest.mark.parametrize(
    ("section", "setting", "needed"),
    [
        ("null", "mount", "mount"),
        ("{require: none}", "content", "content"),
        ("{require: landlock}", "mount+landlock", "mount+landlock"),
        ("{require: mount}", "landlock", "mount"),
    ],
)
@pytest.mark.parametrize("of_spec", [True, False])
def test_a_launch_and_the_verifier_require_the_same(repository, section, setting, needed, of_spec):
    if of_spec:
        with_spec(repository)
    ask(repository, f"{section}\nsettings: {{spec_guard: {{require: {setting}}}}}")

    assert guard(repository).policy.require == needed


def test_a_setting_that_asks_for_no_level_is_said(repository):
    ask(repository, "null\nsettings: {spec_guard: {require: strong}}")

    with pytest.raises(Unguardable, match=r"settings.spec_guard.require 'strong' is refused: it is none of content"):
        guard(repository)


def test_finished_experiments_are_sealed_and_their_neighbours_are_not(repository):
    with_spec(repository)
    put(repository, "results/exp-000/metrics.json", "{}")
    put(repository, "results/exp-001/metrics.json", "{}")
    put(repository, "results/exp-002/log", "")
    ask(repository, "{seal: [results/exp-002/log]}")

    policy = guard(repository).policy

    assert {path for path in policy.sealed if path.startswith(("results", "experiments"))} == {
        "results/exp-000",
        "results/exp-002/log",
        SPEC,
    }


def test_who_lets_all_results_be_written_is_believed(repository):
    (repository.root / "results").mkdir()
    with_spec(repository)
    ask(repository, "{writable: [results]}")

    policy = guard(repository).policy

    assert "results" in policy.writable
    assert "results" not in policy.protected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{writable: [nowhere]}", "'nowhere' does not exist"),
        ("{writable: [experiments]}", "is protected and writable at once"),
        ("{writable: [../beside]}", "climbs with '..'"),
    ],
)
def test_what_cannot_be_guarded_is_said_with_what_to_do(repository, text, words):
    with_spec(repository)
    ask(repository, text)

    with pytest.raises(Unguardable, match=words) as caught:
        guard(repository)

    assert "policy" in caught.value.advice


def test_a_level_that_cannot_be_had_is_said_with_its_reason(repository, monkeypatch):
    from autolab_core.guard.enforce import supervise

    with_spec(repository)
    tried = tuple(supervise.Tried(level, "not here" if level.enforced else None) for level in GuardLevel)
    monkeypatch.setattr(supervise, "try_levels", lambda plan, cwd: tried)

    with pytest.raises(Unguardable, match=r"requires content.*mount\+landlock: not here"):
        require_level(guard(repository))


@pytest.mark.parametrize(
    ("spec", "folder"),
    [
        ("experiments/exp-001.md", "results/exp-001"),
        ("exp.v2.yaml", "results/exp.v2"),
        ("a/plain", "results/plain"),
        ("a/.hidden", "results/.hidden"),
    ],
)
def test_an_experiment_s_results_have_the_name_of_its_spec(spec, folder):
    assert experiment_results(spec) == folder


# --- what a launch writes


def test_the_launch_writes_the_policy_and_puts_the_guard_before_the_command(repository):
    with_spec(repository)

    plan = planned(repository)

    assert policy_from_data(json.loads(plan.files[POLICY]), POLICY) == guard(repository).policy
    script = plan.files[RUN.script].decode()
    root = repository.root.resolve()
    assert f" -I -m autolab_cli guard run --root {root} --policy {root}/{POLICY} --run-id r1 -- " in script
    assert plan.folders == (RUN.folder, RUN.logs, RUN.outputs, "results/exp-001", KEPT)
    assert plan.manifest.guard["require"] == "content"
    assert "autolab_cli" not in plan.manifest.command


def test_a_launch_without_a_guard_writes_what_it_wrote_before_there_were_guards(repository):
    plan = planned(repository)

    assert plan.manifest.guard is None
    assert plan.folders == ()
    script = plan.files[RUN.script].decode()
    last = script[script.index("autolab_activated=yes\n") :]
    assert last.splitlines()[1:] == [plan.manifest.command]


def test_a_guarded_script_differs_from_the_unguarded_one_in_the_guard_alone():
    content = LocalScript(
        iteration_id="iter_a",
        iteration_folder=FOLDER,
        run_id="r1",
        run_folder=RUN.folder,
        token="t",
        command=("echo", "hello"),
        activation=":\n",
    )

    guarded = render(attrs.evolve(content, guard=("env", "A=1"))).decode()

    assert guarded.replace("{\nenv A=1 echo hello\nexit\n}\n", "echo hello\n") == render(content).decode()


def test_the_tasks_of_an_array_share_a_policy_and_have_a_record_each(repository):
    with_spec(repository)
    design = f"{FOLDER}/design.yaml"
    text = (repository.root / design).read_text()
    start = text.index("entrypoint:")
    end = next(index for index in range(start + 1, len(text)) if text[index - 1] == "\n" and text[index].isalpha())
    text = text[:start] + 'entrypoint: {cli: "sh job.sh {seed}"}\n' + text[end:]
    text = text.replace("location: local", "location: slurm")
    if "replicates:" not in text:
        text += "replicates: {count: 2}\n"
    put(repository, design, text)
    pass_review(repository)

    plan = planned(repository, SLURM_HOST)

    folders = [RUN.sibling(each.run_id).folder for each in plan.replicates]
    assert len(folders) > 1
    policy = json.loads(plan.files[POLICY])
    assert set(folders) <= set(policy["writable"])
    assert {f"{folder}/logs" for folder in (*folders, RUN.folder)} <= set(policy["protected"])
    assert {f"{folder}/outputs" for folder in folders} <= set(plan.folders)
    assert '--run-id "$AUTOLAB_RUN_ID" -- sh job.sh "$AUTOLAB_SEED" &' in plan.files[RUN.batch_script].decode()
    assert plan.manifest.guard is None
    assert all(each.guard["require"] == "content" for each in plan.replicates)


# --- what became of it

ENDED = JobObservation(JobState.FAILED, exit_code=125)


def failed(repository, **changes):
    put(repository, RUN.manifest, manifest(guard={"require": "content"}, **changes))
    found = repository.manifest(RUN)
    failure = Failure("the command ended with exit code 125", exit="125:0")
    return attrs.evolve(found, status=RunStatus.FAILED, failure=failure)


def test_a_guard_s_last_words_are_the_reason_of_a_refusal(repository):
    put(repository, RUN.log("stderr.log"), "autolab: an old line\nautolab: nothing as strong can be had here\nbye\n")

    found = with_guard(repository, RUN, failed(repository), ENDED)

    assert found.failure.reason == "the guard refused the command: nothing as strong can be had here"
    assert found.guard == {"require": "content"}


def test_a_log_that_is_no_file_is_not_waited_for(repository):
    import os

    path = repository.root / RUN.log("stderr.log")
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    before = failed(repository)

    assert with_guard(repository, RUN, before, ENDED) == before


@pytest.mark.parametrize("source", [b"[]", b"{", dump_json({"level": "mount"})])
def test_a_record_that_says_nothing_leaves_what_the_launch_wrote(repository, source):
    put(repository, ".autolab/guard/r1.json", source)

    assert with_guard(repository, RUN, failed(repository), ENDED).guard == {"require": "content"}


def test_a_run_that_goes_on_is_left_alone(repository):
    put(repository, RUN.manifest, manifest(guard={"require": "content"}))
    before = repository.manifest(RUN)

    assert with_guard(repository, RUN, before, JobObservation(JobState.RUNNING)) is before
