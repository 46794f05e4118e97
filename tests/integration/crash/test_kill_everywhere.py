"""``kill -9`` at every effect of every command that writes: the next call finds the truth.

The effects of an undisturbed command are counted; then it is run again and again on fresh copies, each time to die at
another of them. ``make test`` takes a fixed sample and the neighbourhood of each process that is started;
``make test-long`` takes them all.
"""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.integration.crash.lab import FOLDER, Lab

KILLED = -signal.SIGKILL
# How many points of a command are taken by `make test`, besides those around the start of the supervisor.
SAMPLES = {"launch": 10, "run-extract": 8, "approve": 5, "reopen": 5, "resume": 4, "refusal": 4, "guarded-launch": 6}
PARTS = 6
POLICY = ".autolab/verifier_policy.yaml"


# What each command starts from. The copies that die start from a copy of it.


def approved(lab: Lab) -> None:
    lab.make()


def guarded(lab: Lab) -> None:
    lab.make()
    lab.write(POLICY, "guard: {require: content}\n")
    # The file that counts the starts of other jobs lies where a guarded one may not write.
    lab.write("job.sh", 'echo "$AUTOLAB_RUN_ID" >> "$AUTOLAB_RUN_DIR/outputs/starts"\n')
    lab.approve()


def unapproved(lab: Lab) -> None:
    lab.make()
    (lab.root / "job.sh").write_text((lab.root / "job.sh").read_text() + ": changed\n")
    state = lab.root / ".autolab/state.json"
    state.write_text(state.read_text().replace('"stage": "launch"', '"stage": "implementation_review"'))


def launched(lab: Lab) -> None:
    lab.make()
    assert lab.fork("launch").code == 0
    lab.job_ended()
    lab.ended()


def monitored(lab: Lab) -> None:
    launched(lab)
    assert lab.fork("run").code == 0
    assert lab.state()["stage"] == "extract_results"


def stopped(lab: Lab) -> None:
    lab.make()
    close(lab)
    assert lab.fork("launch").code == 1
    assert lab.state()["stage"] == "stop"


def asked(lab: Lab) -> None:
    lab.make()
    state = lab.root / ".autolab/state.json"
    state.write_text(state.read_text().replace('"stage": "launch"', '"stage": "human_review"'))


def closed(lab: Lab) -> None:
    lab.make()
    close(lab)


def close(lab: Lab) -> None:
    backlog = lab.root / ".autolab/backlog.yaml"
    backlog.write_text(backlog.read_text().replace("status: open, type", "status: done, type"))


COMMANDS = {
    "launch": (approved, ("launch",)),
    "run-launch": (approved, ("run",)),
    "run-monitor": (launched, ("run",)),
    "run-extract": (monitored, ("run",)),
    "extract": (monitored, ("extract",)),
    "guarded-launch": (guarded, ("launch",)),
    "approve": (unapproved, ("review", "approve", "--who", "ada")),
    "reopen": (stopped, ("reopen", "--who", "ada", "--why", "once more")),
    "resume": (asked, ("resume", "--decision", "launch", "--who", "ada", "--why", "it was mended")),
    "refusal": (closed, ("launch",)),
}


def recover(lab: Lab, argv: tuple[str, ...], number: int) -> None:
    """What a person or a harness would do next, until the results are in."""
    lab.check_files()
    if argv[0] in {"review", "reopen", "resume"}:
        again = lab.fork(*argv)
        done = ("nothing to re-open", "only human_review is left by a decision")
        assert again.code == 0 or any(words in again.stderr for words in done), again
    elif "status: done, type" in (lab.root / ".autolab/backlog.yaml").read_text():
        assert lab.fork(*argv).code in (1, 2)
        assert lab.run_ids() == []
        assert lab.fork("reopen", "--who", "ada", "--why", "it was closed").code == 0
    elif argv == ("launch",) and number % 2:
        assert lab.fork("launch").code in (0, 1)
        lab.check_files()
    lab.finish_iteration()


def check_truth(lab: Lab) -> None:
    """One run, started once, complete and proven; nothing blocks the next command."""
    assert check_guard(lab) or lab.starts() == lab.run_ids()
    assert len(lab.run_ids()) == 1
    manifest = lab.manifest()
    assert (manifest["status"], manifest["failure"]) == ("completed", None)
    assert manifest["verifier_snapshot"]["passed"]
    assert manifest["artifact_sync_to_local"]["status"] == "ok"
    assert manifest["artifact_sync_to_local"]["checksums_sha256"] == lab.hashes()[str(listed(lab))]
    assert lab.json(lab.run / "metrics.json")["primary_metric"]["value"] == 2.0
    assert lab.json(lab.run / "logs/exit.json")["exit_code"] == 0
    assert lab.state()["last_run_id"] == manifest["run_id"]
    assert lab.state()["pending_run_id"] == ""
    lab.ended()
    again = lab.fork("extract")
    assert again.code == 0, again


def check_guard(lab: Lab) -> bool:
    """Whether the run was to be guarded; then its guard held, and saw it start once."""
    if not (lab.root / POLICY).exists():
        return False
    assert (lab.run / "outputs/starts").read_text().split() == lab.run_ids()
    record = lab.json(f".autolab/guard/{lab.run.name}.json")
    assert (record["exit_code"], record["after"]["changes"]) == (0, [])
    assert lab.manifest()["guard"]["verified"] is True
    return True


def listed(lab: Lab) -> Path:
    """The run's checksum list, which holds."""
    path = lab.run / "artifacts.sha256"
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", path.name], cwd=lab.run, check=True)
    assert "  metrics.json\n" in path.read_text()
    return path.relative_to(lab.root)


def kill_at(base: Lab, argv: tuple[str, ...], number: int, *, late: bool) -> None:
    """Kill *argv* at effect *number*; go on at once or, when it is *late*, after every process has ended."""
    lab = base.copy(f"kill-{number}-{late}")
    try:
        answer = lab.fork(*argv, kill_at=number)
        assert answer.code == KILLED, (number, answer)
        last = answer.effects[-1]
        try:
            if late:
                lab.ended()
            recover(lab, argv, number)
            check_truth(lab)
        except AssertionError as error:
            when = "late" if late else "at once"
            raise AssertionError(f"killed at effect {number} ({last}), gone on {when}") from error
    finally:
        lab.kill_left_over()
    lab.remove()


def count_effects(base: Lab, argv: tuple[str, ...]) -> tuple[str, ...]:
    lab = base.copy("undisturbed")
    try:
        effects = lab.fork(*argv, counted=True).effects
        lab.ended()
    finally:
        lab.kill_left_over()
    return effects


def sample(effects: tuple[str, ...], size: int) -> list[tuple[int, bool]]:
    """Some numbers spread over all, and those around the start of the supervisor; each with whether to go on late."""
    count = len(effects)
    spread = {1 + round(index * (count - 1) / (size - 1)) for index in range(size)}
    points = {(number, number % 4 < 2) for number in spread}
    for number, label in enumerate(effects, 1):
        if "Popen" in label and "supervisor" in label:
            points |= {(number + offset, late) for offset in (0, 1, 6) for late in (False, True)}
    return sorted(points)


@pytest.mark.parametrize("command", SAMPLES)
def test_a_killed_command_leaves_the_truth_to_be_found(lab, command):
    prepare, argv = COMMANDS[command]
    prepare(lab)

    for number, late in sample(count_effects(lab, argv), SAMPLES[command]):
        kill_at(lab, argv, number, late=late)


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_killed_at_any_effect_leaves_the_truth_to_be_found(lab, command, late, part):
    prepare, argv = COMMANDS[command]
    prepare(lab)

    for number in range(1 + part, len(count_effects(lab, argv)) + 1, PARTS):
        kill_at(lab, argv, number, late=late)


def test_the_effects_that_are_counted_are_those_of_a_launch(lab):
    lab.make()

    effects = lab.fork("launch", counted=True).effects

    assert sum("supervisor" in label and "Popen" in label for label in effects) == 1
    assert sum(label.startswith("os.rename") for label in effects) >= 8
    assert sum(label == "fsync" for label in effects) >= 16
    lab.finish_iteration()


def test_a_launch_killed_twice_still_starts_one_run(lab):
    lab.make()
    effects = lab.fork("launch", counted=True, kill_at=30).effects
    assert len(effects) == 30

    for number in (45, 60, 70):
        lab.fork("launch", kill_at=number)
        lab.check_files()

    lab.finish_iteration()
    check_truth(lab)


def test_temporary_files_of_the_dead_harm_nobody(lab):
    lab.make()
    assert lab.fork("launch", kill_at=22).code == KILLED
    left = list(lab.root.rglob("*.tmp"))
    assert len(left) == 1

    lab.finish_iteration()

    check_truth(lab)
    assert lab.fork("ls").code == 0


def test_a_killed_init_is_completed_by_the_next(lab):
    lab.make()
    lab.root.joinpath(FOLDER, "design.yaml").unlink()
    count = len(lab.copy("whole").fork("init", "--root", str(lab.root.parent / "new"), counted=True).effects)

    for number in range(1, count, 9):
        fresh = lab.root.parent / f"init-{number}"
        killed = lab.fork("init", "--root", str(fresh), kill_at=number)
        assert killed.code == KILLED
        again = lab.fork("init", "--root", str(fresh))
        assert again.code == 0
        assert (fresh / ".autolab/state.json").exists()
        assert (fresh / FOLDER / "design.yaml").exists(), f"killed at {killed.effects[-1]}"
