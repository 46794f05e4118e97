"""An agent's command, for real: under the guard, ended in time, and never two of them."""

from __future__ import annotations

import errno
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from autolab_core.stages.init import init
from tests.integration.guard import seccomp
from tests.unit.repositories import git

ITERATION = "experiments/plan/iter_a"
MINE = f"{ITERATION}/hypothesis.md"
LOG = ".autolab/agent/hypothesis-1.log"
NOBODY = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
ENVIRONMENT = {**os.environ, **NOBODY, "PYTHONDONTWRITEBYTECODE": "1"}
SECONDS = 60


@pytest.fixture(scope="session")
def _template(tmp_path_factory):
    root = tmp_path_factory.mktemp("agents") / "repository"
    init(root, iteration_id="iter_a")
    state = root / ".autolab/state.json"
    state.write_text(json.dumps({**json.loads(state.read_text()), "stage": "hypothesis"}))
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "all", env=ENVIRONMENT)
    return root


class Place:
    """A repository whose hypothesis is due, and ``autolab run`` in it with a program of a few lines for an agent."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def argv(self, program: str | None, *more: str) -> list[str]:
        command = () if program is None else ("--agent-command", shlex.join((sys.executable, "-c", program)))
        return [sys.executable, "-m", "autolab_cli", "run", *command, *more]

    def start(self, program: str | None, *more: str) -> subprocess.Popen[str]:
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
        return subprocess.Popen(self.argv(program, *more), cwd=self.root, env=ENVIRONMENT, text=True, **streams)

    def run(self, program: str | None = None, *more: str) -> tuple[int, str, str]:
        with self.start(program, *more) as child:
            out, err = child.communicate(timeout=SECONDS)
        return child.returncode, out, err

    def status(self) -> dict[str, Any]:
        """What who only looks is told."""
        argv = [sys.executable, "-m", "autolab_cli", "status", "--json"]
        return json.loads(subprocess.run(argv, cwd=self.root, check=True, capture_output=True).stdout)

    def wait_for(self, path: str) -> str:
        """What stands in *path* once something does."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            if (self.root / path).exists() and (text := (self.root / path).read_text()):
                return text
            time.sleep(0.02)
        raise AssertionError(f"{path} did not come")

    @property
    def state(self):
        return json.loads((self.root / ".autolab/state.json").read_text())

    @property
    def handover(self):
        return json.loads((self.root / ".autolab/handover.json").read_text())


@pytest.fixture
def place(_template, tmp_path):
    root = tmp_path / "repository"
    subprocess.run(["cp", "-a", str(_template), str(root)], check=True)
    return Place(root)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pid: int) -> bool:
    until = time.monotonic() + SECONDS
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not alive(pid)


def test_it_is_given_prompt_and_places_and_its_work_is_taken_back(place):
    program = (
        "import os, sys\n"
        "assert sys.stdin.read() == open(os.environ['AUTOLAB_PROMPT']).read()\n"
        "assert open(os.environ['AUTOLAB_CONTEXT']).read()\n"
        "print(os.environ['AUTOLAB_STAGE'], os.environ['AUTOLAB_ITERATION_ID'], [os.environ['AUTOLAB_RUN_ID']])\n"
        "open(os.environ['AUTOLAB_ITERATION_PATH'] + '/hypothesis.md', 'w').write('It is faster.')\n"
    )

    code, out, err = place.run(program, "--json")

    assert (code, json.loads(out)["outcome"], place.state["stage"]) == (0, "advance", "design")
    assert "hypothesis iter_a ['']" in err
    assert (place.root / LOG).read_text() == "hypothesis iter_a ['']\n"
    assert MINE in place.state["history"][-1]["summary"]
    assert not (place.root / ".autolab/handover.json").exists()
    (record,) = [each for each in (place.root / ".autolab/guard").glob("agent-*.json") if "policy" not in each.name]
    found = json.loads(record.read_text())
    assert (found["exit_code"], found["after"]["seals_ok"]) == (0, True)
    assert f"guard {found['level']}" in place.state["history"][-1]["summary"]


def test_it_writes_nothing_that_is_not_the_stage_s(place):
    forbidden = [".autolab/state.json", ".autolab/handover.json", ".autolab/verifier_policy.yaml", "other", "src/other"]
    forbidden += [f"{ITERATION}/../other", ".git/config", ".git/hooks/pre-commit"]
    program = (
        "import os\n"
        f"for path in {forbidden!r}:\n"
        "    try:\n"
        "        open(path, 'a').write('x')\n"
        "    except OSError:\n"
        "        continue\n"
        "    print('WROTE', path)\n"
        f"open({MINE!r}, 'w').write('It is faster.')\n"
    )

    code, out, err = place.run(program)

    assert (code, "WROTE" in err, place.state["stage"]) == (0, False, "design"), out + err


@pytest.mark.parametrize(
    ("program", "more", "why"),
    [
        ("import sys; sys.exit('no idea')", (), f"the agent ended with exit code 1: no idea ({LOG}"),
        ("import time; time.sleep(600)", ("--agent-timeout", "0:0:01"), "its time was over"),
        ("print('done')", (), "nothing of what is awaited was changed"),
        (f"open({MINE!r}, 'w').write(' ')", (), f"{MINE} is empty"),
    ],
)
def test_a_bad_end_is_a_counted_retry(place, program, more, why):
    code, out, _ = place.run(program, *more)

    assert (code, place.state["stage"], place.state["stage_attempt"]) == (1, "hypothesis", 1)
    assert why in out
    assert place.handover["agent"] is None
    context = (place.root / ".autolab/prompts/rendered/hypothesis.md").read_text()
    assert "handover fail" in context


def test_a_half_done_file_of_an_agent_that_failed_is_not_taken(place):
    place.run(f"import sys; open({MINE!r}, 'w').write('half'); sys.exit(1)")

    code, out, _ = place.run()

    assert (code, place.state["stage"]) == (0, "hypothesis")
    assert "nothing of it was changed" in out


def test_a_command_that_is_not_there_starts_nothing(place):
    with subprocess.Popen([*place.argv(None), "--agent-command", "no-such-agent"], cwd=place.root, stderr=-1) as child:
        err = child.communicate(timeout=SECONDS)[1].decode()

    assert (child.returncode, err.count("\n")) == (2, 1)
    assert "no-such-agent" in err
    assert not (place.root / ".autolab/handover.json").exists()


def test_a_requirement_that_cannot_be_met_starts_nothing(place):
    """A folder of the stage that is a link cannot be guarded."""
    (place.root / "docs").rename(place.root / "real")
    (place.root / "docs").symlink_to("real")

    code, _, err = place.run(f"open({MINE!r}, 'w').write('x')")

    assert (code, place.state["stage_attempt"], (place.root / MINE).exists()) == (2, 0, False), err


# In front of a command: the kernel's answer to what a level needs is no, as in a container that allows nothing.
DENIED = [
    word
    for kind, number in (("namespaces", errno.EPERM), ("landlock", errno.ENOSYS))
    for word in (sys.executable, str(seccomp.__file__), kind, str(number))
]


def denied(place, program):
    return subprocess.run(
        [*DENIED, *place.argv(program)],
        cwd=place.root,
        env=ENVIRONMENT,
        text=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=SECONDS,
        check=False,
    )


@pytest.mark.parametrize("policy", ["{}", "guard: {require: content}", "guard: {require: landlock}"])
def test_a_level_that_is_required_and_cannot_be_had_starts_nothing(place, policy):
    (place.root / ".autolab/verifier_policy.yaml").write_text(f"{policy}\n")

    done = denied(place, f"open({MINE!r}, 'w').write('It is faster.')")

    assert (done.returncode, done.stdout, (place.root / MINE).exists()) == (125, "", False), done
    assert done.stderr.startswith("autolab: the agent was not started: the policy requires ")
    assert done.stderr.count("the policy requires ") == 1
    assert "Traceback" not in done.stderr
    assert (place.state["stage"], place.state["stage_attempt"], place.handover["agent"]) == ("hypothesis", 0, None)


FORGED = f"""
import json, os
open({MINE!r}, 'w').write('It is faster.')
open('README.md', 'w').write('mine')
base = {{'base': {{'commit': None, 'changed': {{}}, 'note': 'x'}}}}
for path, changes in {{'.autolab/state.json': CHANGES, '.autolab/handover.json': base}}.items():
    for each in ('.', os.path.dirname(path), path):
        os.chmod(each, 0o777)
    found = json.load(open(path))
    json.dump({{**found, **changes}}, open(path, 'w'))
"""


@pytest.mark.parametrize("changes", [{}, {"stage": "launch"}, {"max_stage_attempts": 99}, {"history": []}])
def test_where_nothing_is_enforced_forged_records_are_seen_afterwards(place, changes):
    """The level ``none`` was asked for: modes keep nobody from it, and what Autolab remembers shows it."""
    (place.root / ".autolab/verifier_policy.yaml").write_text("guard: {require: none}\n")

    done = denied(place, FORGED.replace("CHANGES", repr(changes)))

    if changes:
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.splitlines()[-1].startswith(f"autolab: .autolab/state.json: at /{next(iter(changes))}: ")
    else:  # what the hand-over says is written anew from memory before the work is judged
        assert (done.returncode, "ES001 README.md" in done.stdout) == (1, True), done
    assert not any(entry["status"] == "advance" for entry in place.state["history"])


def test_a_context_that_was_edited_to_allow_more_allows_no_more(place):
    place.run()
    path = place.root / ".autolab/prompts/rendered/hypothesis.context.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "allowed_edit_dirs": ["."], "must_not_write": []}))

    code, _, err = place.run(f"open({MINE!r}, 'w').write('x')\nopen('other', 'w').write('x')")

    assert (code, (place.root / "other").exists()) == (1, False)
    assert "Read-only file system: 'other'" in err or "Permission denied: 'other'" in err


def test_what_an_agent_left_that_is_another_stage_s_the_next_one_can_remove(place):
    """A name that was not there could be made in the iteration's folder; it is objected to until it is gone again."""
    stray, review = f"{ITERATION}/decision_result.json", f"{ITERATION}/review_result.json"
    (place.root / review).write_text('{"schema_version": "1.0", "status": "pass", "blocking_findings": []}')
    work = f"open({MINE!r}, 'w').write('It is faster.')\n"
    code, out, _ = place.run(f"{work}open({stray!r}, 'w').write('mine')")
    assert (code, f"ES002 {stray}" in out) == (1, True)

    code, _, err = place.run(f"import os\n{work}os.remove({stray!r})\nopen({review!r}, 'a')")
    assert (code, (place.root / stray).exists()) == (1, False)
    assert f"'{review}'" in err  # what was there before stays protected

    assert place.run(f"open({MINE!r}, 'a').write(' Much.')")[0] == 0
    assert place.state["stage"] == "design"


def test_many_seals_that_broke_are_a_few_lines(place):
    code, out, err = place.run("import os\nos.rename('.git/HEAD', '.git/TAIL')")

    assert (code, place.state["stage_attempt"]) == (1, 1)
    assert "has other bytes in the commit that HEAD names than when it was sealed, and " in out
    assert 10 < len(err.splitlines()) < 20
    assert "more changes (the record has them" in err


def test_the_policy_names_the_command(place):
    command = [sys.executable, "-c", f"open({MINE!r}, 'w').write('It is faster.')"]
    (place.root / ".autolab/verifier_policy.yaml").write_text(json.dumps({"agent": {"command": command}}))

    code, _, _ = place.run()

    assert (code, place.state["stage"]) == (0, "design")


SLOW = (
    "import os, time\n"
    f"open({MINE!r}, 'w').write('half done')\n"
    "print(os.getpid(), flush=True)\n"
    f"open({ITERATION!r} + '/started', 'w').write('x')\n"
    "time.sleep(600)\n"
)


def started(place, child):
    """Once the agent is at work: the pids of all that belong to it."""
    place.wait_for(f"{ITERATION}/started")
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and _below(int(name), child.pid)]


def _below(pid: int, top: int) -> bool:
    while pid > 1:
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return False
        if pid == top:
            return True
    return False


def test_while_one_is_at_work_no_second_one_is_started(place):
    with place.start(SLOW) as child:
        started(place, child)

        code, out, _ = place.run(SLOW)
        seen = place.status()["handover"]

        assert code == 1
        assert f"pid {child.pid}" in out
        assert (seen["agent"], seen["log"]) == ("at work", LOG)
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=SECONDS)
    assert len(list((place.root / ".autolab/agent").iterdir())) == 1


def test_ctrl_c_ends_it_and_counts_nothing(place):
    with place.start(SLOW) as child:
        pids = started(place, child)
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=SECONDS)

    assert child.returncode == 130
    assert all(gone(pid) for pid in pids)
    assert (place.state["stage"], place.state["stage_attempt"]) == ("hypothesis", 0)
    assert place.status()["handover"]["agent"] == "cut short"
    assert "cut short" in place.run()[1]


def test_a_kill_leaves_no_agent_and_advances_nothing(place):
    """Killed between hand-over and verification: what lies there may be half done, and another call says so."""
    with place.start(SLOW) as child:
        pids = started(place, child)
        child.kill()
        child.communicate(timeout=SECONDS)
    assert all(gone(pid) for pid in pids)
    assert place.handover["agent"]["ended_at"] is None
    assert place.status()["handover"]["agent"] == "cut short"

    code, out, _ = place.run()
    assert (code, place.state["stage"], place.state["history"][-1]["status"]) == (0, "hypothesis", "stay")
    assert "cut short" in out
    code, _, _ = place.run(f"open({MINE!r}, 'w').write('whole')")
    assert (code, place.state["stage"], (place.root / MINE).read_text()) == (0, "design", "whole")


def test_callers_at_once_hand_over_once_and_take_back_once(place):
    for ready in (False, True):
        if ready:
            (place.root / MINE).write_text("It is faster.")
        children = [place.start(None) for _ in range(4)]
        said = [(child.communicate(timeout=SECONDS), child.returncode) for child in children]
        assert all(code in {0, 1} for _, code in said)
        assert all("pid" in out for (out, _), code in said if code == 1)
        history = place.state["history"]
        assert [each["status"] for each in history if each["stage_after"] == "hypothesis"] == ["stay"]
    moves = [each for each in place.state["history"] if each["status"] == "advance"]
    assert [(each["stage_before"], each["stage_after"]) for each in moves] == [("hypothesis", "design")]
