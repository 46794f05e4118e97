"""The protocol in Python, in processes of their own: guarded by the kernel, resumed, refused, aborted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from tests.unit.experiment import samples
from tests.unit.repositories import git

HEAD = """\
import os, signal, sys, threading, time
import autolab_core
SPEC = "experiments/exp-001-rate.md"
def treat(run, loss=0.3):
    with run.treatment() as phase:
        for seed in run.seeds:
            phase.record("loss", loss + seed / 100, seed=seed)
            phase.record("speed", 10.0 + seed, seed=seed)
        phase.record("size", 64)
        phase.record("first_loss", 2.3)
def attempt(what, *arguments):
    try:
        what(*arguments)
    except OSError as error:
        print(error.strerror)
    else:
        print("done")
"""
WHOLE = """
with autolab_core.experiment.open(SPEC) as run:
    with run.baseline() as phase: phase.record("loss", 0.5)
    treat(run)
"""


@pytest.fixture
def root(tmp_path):
    root = samples.repository(tmp_path / "repository")
    for path, text in (("QUESTIONS.md", "open\n"), ("results/exp-000-before/metrics.json", "{}\n")):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "The beginning")
    return root


@pytest.fixture
def script(root):
    """Runs a script in the repository, after the head that all have in common."""

    def run(body, *, start=False, cwd=None):
        path = root.parent / "script.py"
        path.write_text(HEAD + textwrap.dedent(body))
        argv = [sys.executable, str(path)]
        if start:
            return subprocess.Popen(argv, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return subprocess.run(argv, cwd=cwd or root, capture_output=True, text=True, timeout=100, check=False)

    return run


def last_line(done):
    return done.stderr.strip().splitlines()[-1]


def test_the_example_of_the_documentation_leads_to_results(root, script):
    done = script(WHOLE)

    assert done.returncode == 0, done.stderr
    assert samples.metrics(root)["treatment"] == {"loss": 0.31, "speed": 11.0, "size": 64}
    guard = samples.config(root)["guard"]
    assert (guard["level"], guard["require"], guard["changes"]) == ("landlock", "content", [])
    assert {each["errno"] for each in guard["probe"]} == {"EACCES"}
    assert [each["check"] for each in samples.config(root)["sanity"]] == ["import", "tests", "one_step"]


def test_a_finished_experiment_is_carried_out_again_without_a_trace(root, script):
    script(WHOLE)
    source = (root / samples.PATHS.journal).read_bytes()
    told = (root / samples.PATHS.metrics).read_bytes()

    assert script(WHOLE).returncode == 0
    assert (root / samples.PATHS.journal).read_bytes() == source
    assert (root / samples.PATHS.metrics).read_bytes() == told


def test_the_process_and_its_children_change_nothing_that_is_protected(root, script):
    before = {path: (root / path).read_bytes() for path in (samples.PATH, "QUESTIONS.md")}
    done = script("""
        import subprocess
        with autolab_core.experiment.open(SPEC) as run:
            for path in (SPEC, "QUESTIONS.md", "results/exp-000-before/metrics.json", ".autolab/state.json"):
                attempt(open, path, "a")
            attempt(os.unlink, SPEC)
            attempt(os.mkdir, "results/exp-002-mine")
            attempt(os.rename, "experiments", "elsewhere")
            print(subprocess.run(["rm", "-f", SPEC], stderr=subprocess.DEVNULL).returncode)
            attempt(open, "results/exp-001-rate/curve.csv", "w")
            attempt(open, "/dev/null", "w")
    """)

    assert done.stdout.split("\n") == [*["Permission denied"] * 7, "1", "done", "done", ""], done.stderr
    assert before == {path: (root / path).read_bytes() for path in before}


def test_with_a_thread_that_runs_already_the_process_cannot_be_guarded(root, script):
    done = script("""
        threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
        with autolab_core.experiment.open(SPEC):
            print("opened")
    """)

    assert (done.stdout, done.returncode) == ("", 1)
    assert "GuardRefused: this process cannot be guarded: it has 2 threads already" in last_line(done)
    assert 'guard="seal"' in last_line(done)


def test_a_process_that_is_only_sealed_says_so_and_shows_what_was_changed(root, script):
    done = script("""
        with autolab_core.experiment.open(SPEC, guard="seal") as run:
            with run.baseline() as phase: phase.record("loss", 0.5)
            attempt(open, "QUESTIONS.md", "w")
            treat(run)
    """)

    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr
    guard = samples.config(root)["guard"]
    assert (guard["level"], guard["probe"]) == ("none", [])
    assert {"path": "QUESTIONS.md", "what": "content"} in guard["changes"]


def test_a_guard_of_no_name_is_refused(script):
    assert "guard='none' is refused: it is none of enforce, seal" in last_line(
        script('autolab_core.experiment.open(SPEC, guard="none")')
    )


def test_a_spec_that_a_sealed_process_changes_is_refused_at_the_end_of_the_phase(root, script):
    done = script("""
        with autolab_core.experiment.open(SPEC, guard="seal") as run:
            with run.baseline() as phase:
                phase.record("loss", 0.5)
                open(SPEC, "a").write("- another one")
    """)

    assert "is not as it was sealed" in last_line(done)
    assert not samples.state_of(root).finished(samples.Phase.BASELINE)


def test_a_baseline_that_does_not_reproduce_stops_the_script_and_may_be_tried_again(root, script):
    done = script(WHOLE.replace("0.5", "0.6"))
    assert "the baseline did not reproduce (`loss` 0.6, expected 0.5 ± 0.05)" in last_line(done)
    assert not (root / samples.PATHS.metrics).exists()

    assert script(WHOLE).returncode == 0
    assert [each["reproduced"] for each in samples.config(root)["baseline_attempts"]] == [False, True]


def test_a_sanity_check_that_fails_is_named_with_what_it_said(root, script):
    path = root / samples.PATH
    path.write_text(path.read_text().replace('tests: "true"', "tests: sh -c 'echo nothing found >&2; exit 5'"))

    assert "the sanity check tests ended with 5: nothing found" in last_line(script(WHOLE))
    assert [each["exit_code"] for each in samples.state_of(root).checks.values()] == [0, 5]


def test_a_script_that_forgets_something_is_told_what_and_goes_on_from_there(root, script):
    body = WHOLE.replace("treat(run)", "with run.treatment() as phase: phase.record('loss', 0.3, seed=0)")
    assert "the phase treatment may not end: it lacks `loss` for seed 1" in last_line(script(body))
    assert not (root / samples.PATHS.metrics).exists()

    assert script(WHOLE).returncode == 0
    assert len(samples.metrics(root)["per_seed"]) == 3


def test_an_abort_stops_the_script_with_its_numbers_written(root, script):
    done = script("""
        with autolab_core.experiment.open(SPEC) as run:
            with run.baseline() as phase: phase.record("loss", 0.5)
            treat(run, loss=100)
        print("not reached")
    """)

    assert (done.returncode, done.stdout) == (1, "")
    assert "AbortTriggered: the experiment was aborted by A1" in last_line(done)
    assert samples.metrics(root)["per_seed"] == [
        {"seed": 0, "loss": 100.0, "speed": 10.0}, {"seed": 1, "loss": 100.01},
    ]  # fmt: skip
    assert samples.config(root)["guard"]["level"] == "landlock"


def test_a_script_is_stopped_by_a_point_of_a_curve(root, script):
    done = script("""
        with autolab_core.experiment.open(SPEC) as run:
            with run.baseline() as phase: phase.record("loss", 0.5)
            with run.treatment() as phase:
                for step in range(1000):
                    phase.watch("loss", 2.0 ** step, seed=0, step=step)
        print("not reached")
    """)

    assert (done.returncode, done.stdout) == (1, "")
    assert "A1 (`loss` > 100): measured 128.0 for seed 0 at step 7" in last_line(done)
    assert samples.state_of(root).aborted["step"] == 7
    assert samples.metrics(root)["treatment"] == {}


def test_an_error_in_a_phase_breaks_it_and_its_complete_rows_are_kept(root, script):
    done = script("""
        with autolab_core.experiment.open(SPEC) as run:
            with run.baseline() as phase: phase.record("loss", 0.5)
            with run.treatment() as phase:
                phase.record("loss", 0.3, seed=0)
                phase.record("speed", 10.0, seed=0)
                raise ValueError("a mistake")
    """)
    assert last_line(done) == "ValueError: a mistake"

    again = script("""
        with autolab_core.experiment.open(SPEC) as run:
            with run.baseline() as phase: print(phase.done)
            print(run.seeds)
            treat(run)
    """)
    assert again.stdout == "True\n(1, 2)\n", again.stderr
    assert samples.metrics(root)["notes"] == "treatment attempt 1 broke off"


def waited_for(child):
    assert child.stdout.readline() == "here\n", child.stderr.read()


HANGS = """
with autolab_core.experiment.open(SPEC) as run:
    with run.baseline() as phase: phase.record("loss", 0.5)
    with run.treatment() as phase:
        phase.record("loss", 0.3, seed=0)
        phase.record("speed", 10.0, seed=0)
        print("here", flush=True)
        time.sleep(60)
"""


@pytest.mark.parametrize(("number", "end"), [(signal.SIGKILL, "interrupted"), (signal.SIGINT, "interrupted")])
def test_a_script_that_is_stopped_goes_on_where_it_was(root, script, number, end):
    with script(HANGS, start=True) as child:
        waited_for(child)
        os.kill(child.pid, number)

    done = script(WHOLE)

    assert done.returncode == 0, done.stderr
    assert samples.metrics(root)["notes"] == f"treatment attempt 1 was {end}"
    sessions = [e for e in samples.events(root) if e == "opened"]
    assert len(sessions) == 2
    assert samples.config(root)["guard"]["level"] == "landlock"


def test_of_two_processes_the_second_is_told_who_has_the_experiment(root, script):
    with script(HANGS, start=True) as child:
        waited_for(child)
        second = script("autolab_core.experiment.open(SPEC)")
        child.kill()

    assert f"held by pid {child.pid} on " in last_line(second)
    assert "(carry out exp-001-rate)" in last_line(second)


def test_the_spec_is_found_from_another_folder(root, script):
    body = WHOLE.replace("open(SPEC)", f"open({str(root / samples.PATH)!r})")
    assert script(body, cwd="/").returncode == 0
    body = WHOLE.replace("open(SPEC)", f"open(SPEC, root={str(root)!r})")
    assert script(body, cwd="/").returncode == 0
    body = WHOLE.replace("open(SPEC)", "open('exp-001-rate.md')")
    assert script(body, cwd=root / "experiments").returncode == 0


def test_importing_the_library_loads_nothing_of_the_protocol():
    code = "import sys, autolab_core; print([m for m in sys.modules if m.startswith('autolab_core.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_the_time_of_a_run_is_held_against_its_limit(root, script):
    path = root / samples.PATH
    path.write_text(path.read_text().replace("time per run > 60 s", "time per run > 0.5 s"))
    body = """
        with autolab_core.experiment.open(SPEC) as run:
            with run.baseline() as phase: phase.record("loss", 0.5)
            with run.treatment() as phase:
                phase.progress(steps=5, data_size={size}, unit="rows")
                time.sleep(1)
                phase.record("loss", 0.3, seed=0)
            treat(run)
    """
    started = time.monotonic()
    done = script(body.replace("{size}", "100"))

    assert "A3" in last_line(done)
    assert samples.metrics(root)["resource_usage"]["total_training_steps"] == 5
    assert time.monotonic() - started < 60


def test_the_record_is_read_as_json_lines_by_anybody(root, script):
    script(WHOLE)

    for line in (root / samples.PATHS.journal).read_text().splitlines():
        assert set(json.loads(line)) >= {"n", "at", "event", "previous"}
