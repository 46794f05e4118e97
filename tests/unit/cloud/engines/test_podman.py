"""What is said to podman, and what its answers mean; a container says nothing of these cases by itself."""

from __future__ import annotations

import json
import subprocess

import attrs
import pytest

from autolab_core.cloud.engines.base import EngineJob, Mount
from autolab_core.cloud.engines.podman import argv, machine, parse
from autolab_core.cloud.engines.podman.adapter import PodmanEngine
from autolab_core.exec.command import Command, CommandResult
from autolab_core.models.resources import Duration, Memory
from autolab_core.vocab.engines import EngineState
from autolab_core.vocab.errors import (
    EngineRejected,
    EngineUnknown,
    EngineUnreachable,
    ParseError,
    RunnerError,
    UsageError,
)
from autolab_core.vocab.states import Severity

JOB = EngineJob("r1", ("python3", "x.py"), Duration(60), memory=Memory(2**30), cpus=2)


class Scripted:
    """A podman that gives one answer to each of its commands, by the words that stand first."""

    def __init__(self, **answers: tuple[int, str, str] | RunnerError) -> None:
        self.answers = answers
        self.asked: list[tuple[str, ...]] = []

    def run(self, command: Command) -> CommandResult:
        self.asked.append(command.argv)
        word = command.argv[0] if command.argv[0] != "podman" else command.argv[1]
        answer = self.answers.get(word, (1, "", ""))
        if isinstance(answer, RunnerError):
            raise answer
        return CommandResult(command.argv, answer[0], answer[1].encode(), answer[2].encode())


INFO = (0, json.dumps({"host": {"cgroupControllers": ["cpu", "memory"]}}), "")


def container(status: str = "exited", code: int = 0, **state: object) -> dict[str, object]:
    times = {"StartedAt": "2026-01-01T10:00:00.5Z", "FinishedAt": "2026-01-01T10:01:00.2Z"}
    return {
        "Name": "autolab-r1",
        "Image": "ab" * 32,
        "State": {"Status": status, "ExitCode": code, "Error": "", "OOMKilled": False, **times, **state},
        "Config": {"Labels": {"autolab.run": "r1", "autolab.limit": "60"}},
        "HostConfig": {"Memory": 2**30},
    }


def test_limits_that_podman_cannot_keep_are_left_out_and_said():
    habits = argv.Habits(kept=frozenset({"cpu"}))

    words = argv.create(JOB, "i", habits)

    assert "--cpus=2" in words
    assert not [word for word in words if word.startswith("--memory")]
    assert machine.notes(habits) == (
        "podman cannot keep --memory here: the memory controller of control groups is not given to it",
    )


def test_memory_is_a_limit_of_memory_and_swap_together():
    words = argv.create(JOB, "i", argv.Habits())

    assert {"--memory=1073741824b", "--memory-swap=1073741824b", "--timeout=60"} <= set(words)


@pytest.mark.parametrize("path", ["relative", "/with,comma", "/new\nline"])
def test_a_path_that_would_be_read_as_options_is_refused(path):
    job = EngineJob("r1", ("x",), Duration(60), mounts=(Mount(path, "/m"),))

    with pytest.raises(UsageError, match="cannot be mounted"):
        argv.create(job, "i", argv.Habits())


def test_a_container_that_podman_killed_at_its_limit_is_timed_out():
    seen = parse.observation(container(code=-1))

    assert (seen.state, seen.exit_code, seen.timed_out) == (EngineState.ENDED, 137, True)
    assert seen.reason == "podman killed it at its time limit of 00:01:00"


def test_a_container_that_podman_lost_sight_of_has_no_exit_code():
    seen = parse.observation(container(code=-1, FinishedAt="2026-01-01T10:00:05Z"))

    assert (seen.state, seen.exit_code, seen.timed_out) == (EngineState.ENDED, None, False)
    assert "not known" in seen.reason


def test_out_of_memory_is_said_where_podman_says_it_and_supposed_where_it_does_not():
    known = parse.observation(container(code=137, OOMKilled=True))
    supposed = parse.observation(container(code=137))

    assert (known.out_of_memory, known.reason) == (True, "out of memory (its limit was 1G): ask for more with --memory")
    assert (supposed.out_of_memory, supposed.timed_out) == (False, False)
    assert supposed.reason == "killed by SIGKILL; out of memory (its limit was 1G) looks like this"


def test_a_word_that_nobody_knows_is_unknown():
    seen = parse.observation(container("hibernating"))

    assert (seen.state, seen.exit_code) == (EngineState.UNKNOWN, None)
    assert "hibernating" in seen.reason


def test_a_container_that_never_started_has_no_times():
    never = "0001-01-01T00:00:00Z"

    seen = parse.observation(container("created", StartedAt=never, FinishedAt=never))

    assert (seen.state, seen.started_at, seen.ended_at) == (EngineState.QUEUED, None, None)


@pytest.mark.parametrize("answer", [b"{", b'"x"', b"[1]"])
def test_what_is_no_list_of_containers_is_no_answer(answer):
    with pytest.raises(ParseError):
        parse.facts(answer)


def test_a_container_with_our_label_and_another_name_is_not_ours():
    answer = json.dumps([{"Labels": {"autolab.run": "r1"}, "Names": ["mine"], "State": "running"}])

    assert parse.listed(answer.encode(), "podman", "") == ()


def test_a_command_that_did_not_answer_leaves_it_open_whether_there_is_a_container():
    runner = Scripted(info=INFO, image=(0, "", ""), create=RunnerError("no answer", transient=True))

    with pytest.raises(EngineUnknown):
        PodmanEngine(runner, image="i").submit(JOB)


def test_podman_that_is_not_installed_is_one_line_that_says_what_to_install():
    runner = Scripted(info=RunnerError("podman: not found"), image=RunnerError("podman: not found"))
    engine = PodmanEngine(runner, image="i")

    (found,) = engine.check()

    assert found.severity is Severity.ERROR
    assert "apt-get install podman" in found.hint
    with pytest.raises(EngineUnreachable, match="not found"):
        engine.submit(JOB)


def test_a_machine_without_pgrep_is_told_before_a_run_is_sent():
    engine = PodmanEngine(Scripted(info=INFO, pgrep=RunnerError("pgrep: not found")), image="i")

    (found,) = [finding for finding in engine.check() if finding.severity is Severity.ERROR]

    assert (found.subject, found.hint) == ("pgrep", "install it (Debian: apt-get install procps)")


def test_the_registrys_last_word_is_handed_on_and_nothing_is_made():
    runner = Scripted(info=INFO, pull=(125, "", "Trying…\nError: reading manifest: unauthorized\n"))

    with pytest.raises(EngineRejected, match="the image i cannot be pulled: reading manifest: unauthorized") as refused:
        PodmanEngine(runner, image="i").submit(JOB)

    assert "name another one (--image), or sign in to its registry" in str(refused.value)
    assert [words[1] for words in runner.asked] == ["image", "pull"]


def test_a_secret_that_podman_has_not_is_said_with_what_makes_it():
    said = 'Error: no secret with name or id "TOKEN": no such secret'
    runner = Scripted(info=INFO, image=(0, "", ""), create=(125, "", said))

    with pytest.raises(EngineRejected, match="no such secret; `podman secret create NAME FILE` makes it"):
        PodmanEngine(runner, image="i").submit(attrs.evolve(JOB, secrets=("TOKEN",)))


def test_a_container_that_cannot_start_is_taken_away_so_that_the_run_can_be_sent_again():
    runner = Scripted(
        info=INFO,
        image=(0, "", ""),
        create=(0, "id", ""),
        start=(125, "", "Error: no such device\n"),
        container=(0, json.dumps([container("created")]), ""),
    )

    with pytest.raises(EngineRejected, match="no such device"):
        PodmanEngine(runner, image="i").submit(JOB)

    assert runner.asked[-1] == ("podman", "rm", "autolab-r1")


def test_a_submission_that_was_cut_off_before_the_start_is_carried_to_its_end():
    runner = Scripted(container=(0, json.dumps([container("created")]), ""), start=(0, "", ""))

    handle = PodmanEngine(runner).find("r1")

    assert handle is not None
    assert ("podman", "start", "autolab-r1") in runner.asked


def test_an_answer_that_podman_does_not_give_is_never_no_container():
    runner = Scripted(container=(125, "", "Error: cannot open the database\n"))

    with pytest.raises(EngineUnreachable, match="database"):
        PodmanEngine(runner).find("r1")


def test_a_run_id_is_looked_for_word_for_word():
    assert argv.at_work("r.1+x")[-1] == "create [-]-name=autolab-r[.]1[+]x "


def test_secrets_are_files_for_podman_and_variables_for_the_command_alone(tmp_path):
    """With ``type=env`` podman 4.3.1 shows the values to whoever inspects the container."""
    job = EngineJob(run_id="r", argv=("printenv", "TOKEN"), limit=Duration(60), secrets=("TOKEN",))
    words = argv.create(job, "i", argv.Habits())
    assert "--secret=TOKEN,type=mount,target=TOKEN" in words

    (tmp_path / "TOKEN").write_text("a  b\n\n")
    inside = [word.replace("/run/secrets", str(tmp_path)) for word in words[words.index("i") + 1 :]]
    assert subprocess.check_output(inside, text=True) == "a  b\n\n\n"

    with pytest.raises(UsageError, match="cannot be the name of a variable"):
        argv.create(attrs.evolve(job, secrets=("A-B",)), "i", argv.Habits())
