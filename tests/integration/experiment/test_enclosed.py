"""An experiment that is carried out inside of somebody's guard: relied on, refused as too weak, or in the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from autolab_core.guard.derive import Facts, derive
from autolab_core.guard.installation import installation
from autolab_core.guard.policy import policy_to_data
from autolab_core.vocab.guard import STRONGEST_FIRST, GuardLevel, Network, Profile
from tests.integration.experiment.laboratory import RECORD, RESULTS, SPEC, Laboratory

ENFORCED = [level for level in STRONGEST_FIRST if level.enforced]
PYTHON = f"import autolab_core; autolab_core.experiment.open({SPEC!r})"


@pytest.fixture
def lab(lab) -> Laboratory:
    """Its sanity check compiles nothing: a launched run writes its own folders alone."""
    path = lab.root / SPEC
    path.write_text(path.read_text().replace("-m py_compile train.py", "-c pass"))
    return lab


def guarding(*words: str) -> list[str]:
    return [sys.executable, "-P", "-m", "autolab_cli", "guard", "run", "--run-id", "outer", "--linger", "0", *words]


def as_a_run(
    lab: Laboratory, level: str, *write: str, network: Network | tuple[int, ...] = Network.INHERIT
) -> list[str]:
    """The words of a guard that lets its command write what a launch lets a run of the spec write, and *write*.

    The tool is protected and not sealed: other tests use it meanwhile, and may leave their traces.
    """
    for path in (RESULTS, RECORD):
        (lab.root / path).mkdir(parents=True, exist_ok=True)
    tool = installation()
    facts = Facts(Profile.RUN, spec=SPEC, results=RESULTS, tool=tool, writable=(RECORD, *write), network=network)
    policy = derive(facts)
    policy = policy._replace(sealed=tuple(path for path in policy.sealed or () if path not in tool))
    file = lab.root.parent / "outer.policy.json"
    file.write_text(json.dumps(policy_to_data(policy)))
    return guarding("--level", level, "--policy", str(file))


def inside(lab: Laboratory, words: list[str], command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*words, "--", *command], cwd=lab.root, capture_output=True, text=True, timeout=120, check=False
    )


def files(lab: Laboratory) -> set[str]:
    """Everything that is there but for what the outer guard itself keeps."""
    found = (path.relative_to(lab.root).as_posix() for path in lab.root.rglob("*"))
    return {path for path in found if not path.startswith(".autolab/guard")}


@pytest.mark.parametrize("level", ENFORCED)
def test_a_guard_that_refuses_what_the_policy_forbids_is_relied_on(lab, level):
    lab.behave({"always": {"write": [SPEC, "QUESTIONS.md", f"{RESULTS}/curve"]}})

    done = inside(lab, as_a_run(lab, level), lab.argv("run", SPEC))

    assert done.returncode == 0, done.stderr
    assert lab.metrics["treatment"] == {"loss": 0.505}
    (opened,) = lab.journal("opened")
    assert {key: opened["guard"][key] for key in ("level", "require", "outer")} == {
        "level": level, "require": "content", "outer": True,
    }  # fmt: skip
    assert opened["guard"]["probe"][0]["path"] == str(lab.root / SPEC)
    commands = [each["guard"] for each in lab.journal("command_ended")]
    assert len(commands) == 7
    for each in commands:
        assert each == {"level": level, "require": "content", "outer": True, "record": None, "changes": []}
    assert (lab.config["guard"]["outer"], lab.config["guard"]["level"]) == (True, level)
    assert "changed" not in (lab.root / SPEC).read_text()
    assert (lab.root / RESULTS / "curve").exists()
    assert [path.name for path in (lab.root / ".autolab/guard").iterdir() if "exp-001" in path.name] == []


@pytest.mark.parametrize("level", ENFORCED)
@pytest.mark.parametrize("known", [False, True], ids=["new", "begun"])
def test_a_guard_that_keeps_the_journal_from_being_written_is_one_line_and_nothing_is_written(lab, level, known):
    if known:
        (lab.root / RECORD).mkdir(parents=True)
    before = files(lab)

    done = inside(lab, guarding("--level", level, "--spec", SPEC), lab.argv("run", SPEC))

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert f"runs under the guard, by the policy of the profile agent at the level {level}" in done.stderr
    assert "start this command outside of the guard" in done.stderr
    assert files(lab) == before


def test_a_process_of_ones_own_is_told_the_same(lab):
    before = files(lab)

    done = inside(lab, guarding("--spec", SPEC), [sys.executable, "-c", PYTHON])

    assert done.returncode == 1
    assert "start this command outside of the guard" in done.stderr.splitlines()[-1]
    assert files(lab) == before


@pytest.mark.parametrize(
    ("policy", "more", "why"),
    [
        ("guard: {require: content}\n", ("results",), "results' be written"),
        ("guard: {require: mount+landlock}\n", (), "the experiment's policy requires mount+landlock"),
        ("guard: {network: [443]}\n", (), "lets the network be used"),
    ],
    ids=["files", "level", "network"],
)
def test_a_guard_that_is_weaker_than_the_policy_is_refused_in_one_line(lab, policy, more, why):
    (lab.root / ".autolab/verifier_policy.yaml").write_text(policy)

    done = inside(lab, as_a_run(lab, GuardLevel.LANDLOCK, *more), lab.argv("run", SPEC))

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert "this already runs under a guard" in done.stderr
    assert why in done.stderr
    assert lab.journal() == []


@pytest.mark.parametrize("allowed", ["443", "none"])
def test_a_guard_that_holds_the_network_as_the_policy_asks_is_relied_on(lab, allowed):
    level = GuardLevel.MOUNT_LANDLOCK
    asked = "none" if allowed == "none" else f"[{allowed}]"
    network = Network.NONE if allowed == "none" else (int(allowed),)
    (lab.root / ".autolab/verifier_policy.yaml").write_text(f"guard: {{network: {asked}}}\n")

    done = inside(lab, as_a_run(lab, level, network=network), lab.argv("run", SPEC))

    assert done.returncode == 0, done.stderr
    assert [each["guard"]["outer"] for each in lab.journal("opened")] == [True]


def test_a_variable_that_was_left_over_is_no_guard(lab):
    with lab.start("run", SPEC, env={**os.environ, "AUTOLAB_GUARD": "landlock"}) as child:
        _, stderr = child.communicate(timeout=120)

    assert child.returncode == 0, stderr
    assert "outer" not in lab.config["guard"]
    assert len(lab.config["guard"]["records"]) == 7


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_a_command_started_is_gone_when_the_experiment_is_stopped(lab, number):
    lab.behave({"treatment 0": {"tree": True, "once": f"{RESULTS}/seen"}})
    words = [*as_a_run(lab, GuardLevel.MOUNT_LANDLOCK), "--", *lab.argv("run", SPEC)]
    with subprocess.Popen(words, cwd=lab.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as outer:
        lab.wait_for((lab.root / RESULTS / "seen").exists)
        os.kill(outer.pid, number)
        outer.wait(60)
    lab.wait_for(lambda: not lab.processes())

    lab.behave({})
    words = [*as_a_run(lab, GuardLevel.MOUNT_LANDLOCK), "--run-id", "again"]
    done = inside(lab, words, lab.argv("run", SPEC))

    assert done.returncode == 0, done.stderr
    assert lab.metrics["treatment"] == {"loss": 0.505}
    ends = [each["end"] for each in lab.journal("phase_ended") if each["phase"] == "treatment"]
    assert ends == ["interrupted", "finished"]


def test_what_a_command_leaves_behind_is_gone_before_the_next_one(lab):
    lab.behave({"treatment 0": {"tree": True}, "treatment 1": {"once": f"{RESULTS}/seen"}})
    words = [*as_a_run(lab, GuardLevel.LANDLOCK), "--", *lab.argv("run", SPEC)]
    with subprocess.Popen(words, cwd=lab.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as outer:
        lab.wait_for((lab.root / RESULTS / "seen").exists)
        running = [(Path("/proc") / str(pid) / "cmdline").read_bytes() for pid in lab.processes()]
        outer.terminate()
        outer.wait(60)

    assert not [each for each in running if each.startswith((b"sleep", b"sh\0"))], running


def test_a_command_that_writes_into_the_journal_ends_the_experiment_for_good(lab):
    lab.behave({"treatment 0": {"write": [f"{RECORD}/journal.jsonl"]}})
    words = as_a_run(lab, GuardLevel.LANDLOCK)

    done = inside(lab, words, lab.argv("run", SPEC))
    again = lab.run()

    assert (done.returncode, again.returncode) == (2, 2)
    assert "journal.jsonl: was changed by somebody else while it was written" in done.stderr
    assert "a journal that was changed is not continued" in again.stderr
    assert not (lab.root / RESULTS / "metrics.json").exists()


def test_an_abort_ends_all_that_the_command_started(lab):
    lab.behave({"treatment 0": {"tree": True, "loss": 1000, "sleep": 300}})

    done = inside(lab, as_a_run(lab, GuardLevel.LANDLOCK), lab.argv("run", SPEC))

    assert done.returncode == 1, done.stderr
    assert lab.metrics["abort_triggered"] is True
    assert not lab.processes()
