"""What a user may type wrong, and what may have become of the files of a run: one line, exit code 2, nothing lost."""

from __future__ import annotations

import json
import os

import pytest

from autolab_core.cloud.records import CloudRecords
from autolab_core.io.experiment_layout import cloud_record
from autolab_core.vocab.errors import UsageError
from tests.unit.cloud import samples
from tests.unit.cloud.commands import Command
from tests.unit.cloud.labs import lab_at

BYTES = os.fsdecode(b"\xff")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A lab in which nothing is ever started."""
    lab = lab_at(tmp_path_factory.mktemp("inputs"))
    (lab.root / "experiments" / "exp-002-empty.md").touch()
    (lab.root / "experiments" / "exp-003-bytes.md").write_bytes(b"\xff\xfe\x00")
    (lab.root / "experiments" / "exp-004-folder.md").mkdir()
    (lab.root / "around").symlink_to(lab.root)
    (lab.root / "away").symlink_to(lab.root.parent)
    return lab


@pytest.mark.parametrize(
    ("words", "said"),
    [
        *((["--max-hours", hours], f"--max-hours {hours} is refused") for hours in ("-1", "nan", "inf", "0", "673")),
        *((["--every", every], f"--every {every} is refused") for every in ("0", "-1", "nan", "inf")),
        (["--cpus", "-1"], "--cpus -1 is refused"),
        (["--gpu", "-1"], "--gpu -1 is refused"),
        (["--memory", "1K"], "--memory 1K is refused: nothing runs with less than 64M"),
        (["--memory", ""], "--memory: '' is not an amount of memory"),
        (["--image", ""], "--image '' is refused"),
        (["--image", "a\nb"], r"--image 'a\nb' is refused"),
        (["--env", ""], "--env '' is refused: it takes the name of a variable alone"),
        (["--env", "A=1"], "--env 'A=1' is refused: it takes the name of a variable alone"),
        (["--env", "NOT_UTF_8"], "--env NOT_UTF_8 is refused: its value is no UTF-8 text"),
        (["--secret", ""], "--secret '' is refused"),
        (["--secret", "TOKEN=hidden"], "--secret 'TOKEN=hidden' is refused"),
        (["--engine", ""], "there is no engine ''"),
        (["--spec", "experiments/none.md"], "experiments/none.md: does not exist"),
        (["--spec", "experiments/exp-002-empty.md"], "exp-002-empty.md:1: is empty"),
        (["--spec", "experiments/exp-003-bytes.md"], "exp-003-bytes.md:1: is UTF-16 text, not UTF-8"),
        (["--spec", "experiments/exp-004-folder.md"], "exp-004-folder.md: is a folder, not a file"),
        (["--spec", "a\nb"], r"the spec 'a\nb' is refused"),
        (["--output-dir", "."], "--output-dir . is refused: name a folder for the results alone"),
        (["--output-dir", ".git/x"], "--output-dir .git/x is refused: name a folder for the results alone"),
        (["--output-dir", ".autolab"], "--output-dir .autolab is refused: name a folder for the results alone"),
        (["--output-dir", "experiments"], "--output-dir experiments is refused: it holds the spec"),
        (["--output-dir", "away"], "away is a symbolic link"),
        (["--output-dir", "scripts/run_experiment.py/x"], "scripts/run_experiment.py is not a folder"),
        (["--output-dir", "/etc"], "--output-dir '/etc' does not lie in the repository"),
        (["--output-dir", "results/a\nb"], r"--output-dir 'results/a\nb' is refused"),
        (["--output-dir", f"results/{BYTES}"], "--output-dir is refused: it is no UTF-8 text"),
        (["--output-dir", "data", "--data-dirs", "data"], "are one in the other"),
        (["--output-dir", "data/out", "--data-dirs", "data"], "are one in the other"),
        (["--output-dir", "data", "--data-dirs", "data/more"], "are one in the other"),
        (["--data-dirs", "."], "--data-dirs . is refused: it holds the whole repository"),
        (["--data-dirs", "around"], "--data-dirs around is refused: it holds the whole repository"),
        (["--data-dirs", "away"], "--data-dirs away is refused: it holds the whole repository"),
        (["--data-dirs", ".git"], "--data-dirs .git is refused: what is kept there is no data"),
        (["--data-dirs", ".autolab/cloud"], "names .autolab/cloud, which is no folder"),
        (["--data-dirs", "scripts/run_experiment.py"], "which is no folder of this repository"),
    ],
)
def test_a_request_that_cannot_be_is_refused_before_anything_is_made(shared, command_in, monkeypatch, words, said):
    monkeypatch.setenv("NOT_UTF_8", BYTES)
    for how in ("--detach", "--dry-run"):
        answer = command_in(shared).run(how, *words)

        assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1), answer
        assert said in answer.err
    assert list(CloudRecords(shared.root).every()) == []
    assert list(shared.storage.list("")) == []


@pytest.mark.parametrize("line", [f"echo {BYTES}", "", " \n"])
def test_a_command_that_cannot_be_is_refused(shared, command_in, line):
    answer = command_in(shared).run("--detach", line=line)

    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1), answer
    assert "the command is" in answer.err
    assert list(CloudRecords(shared.root).every()) == []


@pytest.mark.parametrize("run_id", ["nope", "", "../x", "a\nb", ".", BYTES])
@pytest.mark.parametrize("verb", ["status", "logs", "pull", "terminate"])
def test_a_run_that_cannot_be_is_one_line(shared, command_in, verb, run_id):
    answer = command_in(shared)(verb, run_id)

    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1), answer
    assert "`cloud-run ls`" in answer.err or "is refused" in answer.err


def broken(command: Command, run_id: str, text: str) -> None:
    (command.lab.root / cloud_record(run_id)).write_text(text)


def newer(text: str) -> str:
    return json.dumps({**json.loads(text), "schema_version": "2.0"})


def test_a_record_that_cannot_be_read_is_named_and_no_second_run_is_started(new_lab, command_in):
    """Whoever passed it over would show another run, and start a second job."""
    command = command_in(new_lab("import time\ntime.sleep(60)\n"))
    first = command.sent()
    second = command.sent("--again", line=f"python {samples.SCRIPT} --other")
    text = (command.lab.root / cloud_record(second)).read_text()
    for what in ("", "{", text[:100], "[]", '{"run_id": 3}', newer(text)):
        broken(command, second, what)
        for words in ((), (second,), (second[:-1],)):
            for verb in ("status", "logs", "pull"):
                answer = command(verb, *words)
                assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1), answer
                assert cloud_record(second) in answer.err
        listed = command("ls")
        assert (listed.code, first in listed.out, cloud_record(second) in listed.err) == (2, True, True), listed
        sent = command.run("--detach", line=f"python {samples.SCRIPT} --other")
        assert (sent.code, sent.out) == (2, ""), sent
        assert "mend the record, or move it away" in sent.err
    assert "is of the version '2.0', and this Autolab reads 1.0" in sent.err
    assert [path.stem for path in sorted(command.lab.engine.folder.glob("*.json"))] == [first, second]
    assert command("status", first).code == 0
    broken(command, second, text)
    assert command("status").code == 0
    for run_id in (first, second):
        command.lab.engine.kill(run_id)


def test_a_result_of_a_later_version_is_not_read(command):
    run_id = command.sent()
    command.lab.engine.wait(run_id)
    path = command.lab.storage.root / "runs" / run_id / "result.json"
    path.write_text(newer(path.read_text()))

    for verb in ("status", "pull"):
        answer = command(verb)
        assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1), answer
        assert "result.json:1: is of the version '2.0'" in answer.err
    assert not (command.lab.results / "large.bin").exists()


def test_results_are_not_put_over_the_repository(command):
    run_id = command.sent()
    command.lab.engine.wait(run_id)
    before = sorted(command.lab.root.iterdir())
    for folder in (".", ".git", "experiments", "scripts/run_experiment.py"):
        answer = command("pull", run_id, "--output-dir", folder)
        assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1), answer

    assert sorted(command.lab.root.iterdir()) == before
    assert command("pull", run_id).code == 0


@pytest.mark.parametrize("instead", ["nothing", "a file"])
def test_a_storage_that_is_away_is_no_end_and_no_second_run(command, instead):
    """A disk that is not mounted looks like a folder without results: the run would be called lost."""
    run_id = command.sent()
    command.lab.engine.wait(run_id)
    place = command.lab.storage.root
    away = place.rename(place.with_name("away"))
    if instead == "a file":
        place.write_text(instead)

    said = f"the folder {place} is not there: see that its disk is mounted"
    status = command("status", run_id)
    assert (status.code, "phase    unknown" in status.out, said in status.out) == (2, True, True), status
    for answer in (command("logs", run_id), command("pull", run_id), command.run("--detach")):
        assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1), answer
        assert said in answer.err
    place.unlink(missing_ok=True)
    away.rename(place)

    assert [path.stem for path in command.lab.engine.folder.glob("*.json")] == [run_id]
    assert command("pull", run_id).code == 0


def test_a_storage_that_cannot_be_written_is_named(command):
    command.lab.storage.root.write_text("a file")

    for answer in (command.run("--detach"), command.run("--detach")):
        assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1), answer
        assert f"the folder {command.lab.storage.root} cannot be the storage: " in answer.err
    command.lab.storage.root.unlink()
    command.lab.engine.wait(command.sent())


def test_what_is_asked_through_the_library_is_held_to_the_same(shared):
    with pytest.raises(UsageError, match="it holds a NUL character"):
        shared.submit(command="echo \0")
    with pytest.raises(UsageError, match="name one command"):
        shared.submit(argv=("true",))
    assert samples.request().data_dirs == ("data",)
