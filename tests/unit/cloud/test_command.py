"""``cloud-run`` as a user types it: what is printed where, exit codes, the record, the order of the phases."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

from autolab_cli.cloud.parser import COMMANDS, build_parser
from autolab_cli.cloud.progress import Bars
from autolab_core.cloud import keys
from autolab_core.cloud.engines.base import LogPage
from autolab_core.cloud.records import CloudRecords
from autolab_core.io.layout import CLOUD_RUN
from autolab_core.stages.init import init
from autolab_verifiers.cli.main import main as verify
from tests.unit.cloud import samples, stand_in
from tests.unit.cloud.commands import LINE

FOREVER = """\
import pathlib, time
out = pathlib.Path("results/exp-001-rate")
out.mkdir(parents=True, exist_ok=True)
(out / "early.txt").write_text("early")
print("begun", flush=True)
time.sleep(60)
"""


def test_it_waits_and_brings_the_results(command):
    answer = command.run("--data-dirs", "data/")

    assert (answer.code, command.lab.results.joinpath("large.bin").stat().st_size) == (0, 256 * 8192), answer
    assert "its numbers are on the record" in answer.out
    for phase in ("ended: ", "the run is "):
        assert f"cloud-run: {phase}" in answer.err


def test_detached_its_id_alone_is_printed_and_the_rest_is_done_by_it(command):
    run_id = command.sent("--data-dirs", "data/")
    command.lab.engine.wait(run_id)

    status = command("status", run_id)
    assert (status.code, "ended (exit code 0)" in status.out) == (0, True), status
    assert f"cloud-run pull {run_id}" in status.out
    assert '"loss": 0.3' in command("logs", run_id).out
    assert [each["run_id"] for each in command("ls", "--json").json["runs"]] == [run_id]
    pulled = command("pull", run_id, "--output-dir", f"{samples.RESULTS}/", "--json")
    assert (pulled.code, pulled.json["record"]["merged"]) == (0, True), pulled
    assert (command.lab.results / "metrics.json").exists()


def test_a_run_that_is_home_is_told_without_asking_anybody(command):
    run_id = command.sent()
    command.lab.engine.wait(run_id)
    command("pull")
    before = command("status", "--json")
    for folder in ("engine", "store"):
        (command.lab.root.parent / folder).rename(command.lab.root.parent / f"{folder}-away")

    after = command("status", run_id, "--json")

    assert (after.code, after.json) == (0, before.json)
    assert (after.json["phase"], after.json["exit_code"]) == ("ended", 0)
    assert command("status").out == command("status", run_id).out


def test_a_log_as_a_document_has_whole_characters_and_a_run_without_one_none(command):
    run_id = command.sent(line="printf 'r\\303'; sleep 3; printf '\\251sum\\377'; printf '\\303' >&2")
    before = command("logs", "--json").json
    command.lab.engine.wait(run_id)
    found = command("logs", run_id, "--json").json["log"]
    texts = {error: "".join(each["text"] for each in found if each["error"] is error) for error in (False, True)}

    assert before == {"log": []}
    assert len([each for each in found if not each["error"]]) > 1, found
    assert texts == {False: "résum\\xff", True: "\\xc3"}


def test_words_behind_two_hyphens_are_run_by_no_shell(command):
    told = ("--spec", samples.SPEC, "--output-dir", samples.RESULTS, "--every", "0.1")
    answer = command("run", *told, "--", "python", samples.SCRIPT, "a  b", "$HOME")

    assert answer.code == 0, answer
    assert json.loads((command.lab.results / "seen.json").read_text())["argv"] == ["a  b", "$HOME"]


def test_a_dry_run_says_what_would_be_sent_and_writes_nothing(command):
    answer = command.run("--dry-run", "--data-dirs", "data")

    assert answer.code == 0, answer
    assert f"would run: {LINE}" in answer.out
    assert "would send: data: 2 files, 1.0 MiB" in answer.out
    assert list(CloudRecords(command.lab.root).every()) == []
    assert not (command.lab.root.parent / "store").exists()
    assert command.run("--dry-run", "--json").json["refused"] == []


def test_a_dry_run_says_what_was_changed_since_the_commit_and_which_lock_is_not_followed(command):
    root = command.lab.root
    same = command.run("--dry-run", "--json").json
    for name, text in (("pyproject.toml", "[project]\nname = 'lab'\n"), ("uv.lock", "version = 1\n")):
        (root / name).write_text(text)
        samples.git(root, "add", "--force", name)
    (root / samples.SCRIPT).write_text("print('other')\n")
    answer, planned = command.run("--dry-run"), command.run("--dry-run", "--json").json
    intent = CloudRecords(root).load(command.sent())
    sent = command.lab.storage.get(keys.patch(intent.run_id))

    assert (same["patch"], same["lock_not_followed"]) == (None, None)
    assert planned["patch"] == {"files": 3, "bytes": len(sent)}
    assert sent.count(b"\ndiff --git ") == 2
    assert "would record: the patch from the commit to that code: 3 files, " in answer.out
    assert "pyproject.toml is installed, and uv.lock is not followed" in answer.out
    assert planned["lock_not_followed"] in answer.out
    command.lab.engine.kill(intent.run_id)  # amid pip, which would ask an index


def test_the_baseline_comes_first_and_who_forces_it_is_on_record(new_lab, command_in):
    command = command_in(new_lab(proven=False))

    refused = command.run("--detach")
    planned = command.run("--dry-run")
    nameless = command.run("--detach", "--force-phase")
    forced = command.run("--force-phase", "--who", "ada", "--why", "the machine is free now")

    assert (refused.code, planned.code, nameless.code) == (1, 1, 2)
    assert "sanity comes before it and was not begun" in refused.err
    assert "--who NAME and --why TEXT" in nameless.err
    assert forced.code == 1
    assert "its numbers are not on the experiment's record" in forced.err
    (intent,) = [each for each in CloudRecords(command.lab.root).every() if each.forced]
    assert intent.forced == {"who": "ada", "why": "the machine is free now"}
    notes = (command.lab.root / ".autolab/experiments").rglob("*.jsonl")
    assert any("forced by ada" in path.read_text() for path in notes)


def test_a_run_is_terminated_and_what_was_saved_can_be_had(new_lab, command_in):
    command = command_in(new_lab(FOREVER))
    run_id = command.sent()
    until(lambda: "begun" in command("logs", run_id).out)

    assert command("terminate", run_id).code == 0
    command.lab.engine.wait(run_id)
    status = command("status", run_id)

    assert status.code == 1
    assert "what was made until then is saved" in status.out
    assert command("pull", run_id).code == 1
    assert (command.lab.results / "early.txt").exists()


def test_a_run_that_has_ended_is_left_as_it_is_by_whoever_would_end_it(command):
    run_id = command.sent()
    command.lab.engine.wait(run_id)
    early = command("terminate", run_id)
    record = CloudRecords(command.lab.root).load(run_id)
    again = command.run()
    late = command("terminate", run_id)

    assert (early.code, early.out) == (0, f"{run_id}: already ended\n")
    assert f"`cloud-run pull {run_id}` brings what it made" in early.err
    assert record.terminated_at is None
    assert (again.code, f"the run is {run_id}" in again.err) == (0, True), again
    assert (late.code, late.out, late.err) == (0, f"{run_id}: already ended\n", "")


def test_what_a_job_left_with_its_engine_is_taken_away_once_the_results_are_here(command):
    run_id = command.sent()
    command.lab.engine.wait(run_id)
    assert command("pull", run_id).code == 0
    assert command.lab.engine.find(run_id) is None
    assert (command("status", run_id).code, command("ls").code) == (0, 0)
    assert '"loss": 0.3' in command("logs", run_id).out


def test_a_run_that_wrote_nothing_says_so(command, monkeypatch):
    monkeypatch.setattr(samples.ProcessEngine, "logs", lambda self, handle, cursor="": LogPage((), ""))
    run_id = command.sent(line="true")
    command.lab.engine.wait(run_id)
    answer = command("logs", run_id)

    assert (answer.code, answer.out) == (0, "")
    assert answer.err == "cloud-run: it wrote nothing until now; `cloud-run status` says where it stands\n"


def test_what_goes_on_after_its_result_is_ended(new_lab, command_in):
    command = command_in(new_lab(FOREVER))
    run_id = command.sent()

    assert "nothing goes on that is over" in command("gc", "--dry-run").out
    command.lab.engine.kill(run_id)


def until(true, seconds=30.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_interrupted_while_it_waits_it_says_how_to_go_on(new_lab, tmp_path):
    lab = new_lab(FOREVER)
    stand_in.row(lab.root, tmp_path)
    told = ("--spec", samples.SPEC, "--output-dir", samples.RESULTS, "--every", "0.1")
    words = (sys.executable, "-m", "autolab_cli.cloud", "run", LINE, *told)
    with subprocess.Popen(
        words, cwd=lab.root, env=stand_in.environment(tmp_path), stderr=subprocess.PIPE, text=True
    ) as waiting:
        assert waiting.stderr is not None
        lines = iter(waiting.stderr.readline, "")
        said = []
        for line in lines:
            said.append(line)
            if "cloud-run: running" in line:
                break
        waiting.send_signal(signal.SIGINT)
        said += list(lines)
    (intent,) = CloudRecords(lab.root).every()
    lab.engine.kill(intent.run_id)

    assert waiting.returncode == 130, said
    assert f"`cloud-run status {intent.run_id}` looks, `cloud-run terminate {intent.run_id}` ends it" in said[-2]


def test_the_lines_of_the_run_phase_work_as_they_stand(new_lab, tmp_path):
    lab = new_lab()
    init(lab.root)
    stand_in.row(lab.root, tmp_path)
    samples.git(lab.root, "add", "-A")
    samples.git(lab.root, "commit", "-q", "-m", "as init made it")
    environment = stand_in.environment(tmp_path)
    environment["PATH"] = f"{sys.exec_prefix}/bin:{environment['PATH']}"

    def typed(line):
        return subprocess.run(
            ["sh", "-c", line], cwd=lab.root, env=environment, capture_output=True, text=True, check=False
        )

    started = typed("""\
tools/cloud-run run "python scripts/run_experiment.py --full" \\
    --spec experiments/exp-001-rate.md \\
    --data-dirs data/ \\
    --output-dir results/exp-001-rate/ \\
    --detach""")
    assert started.returncode == 0, started
    run_id = started.stdout.removesuffix("\n")
    lab.engine.wait(run_id)
    looked = typed(f"tools/cloud-run status {run_id}")
    brought = typed(f"tools/cloud-run pull {run_id} --output-dir results/exp-001-rate/")

    assert (lab.root / CLOUD_RUN).stat().st_mode & 0o111 == 0o111
    assert (looked.returncode, brought.returncode) == (0, 0), (looked, brought)
    assert json.loads((lab.results / "seen.json").read_text())["argv"] == ["--full"]
    assert "size" in json.loads((lab.results / "metrics.json").read_text())["treatment"]


def test_verifiers_judge_a_pulled_run_as_a_local_one_and_see_what_was_changed(command):
    lab = command.lab
    assert command.run().code == 0
    init(lab.root)
    metrics = lab.results / "metrics.json"
    good = metrics.read_text()

    def judged():
        return verify(["--root", str(lab.root), "--spec", samples.SPEC, "--no-write"])

    assert judged() == 0
    metrics.write_text(good.replace("0.31", "0.21"))
    assert judged() == 1
    metrics.write_text(good)
    assert judged() == 0
    (lab.root / samples.SPEC).write_text((lab.root / samples.SPEC).read_text().replace("-0.1", "-0.001"))
    assert judged() == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--memory", "much"], "--memory: 'much' is not an amount of memory"),
        (["--cpus", "0"], "--cpus 0 is refused"),
        (["--max-hours", "0"], "--max-hours 0 is refused"),
        (["--who", "ada"], "they go with --force-phase"),
        (["--engine", "nowhere"], "there is no engine 'nowhere' here; there are process, podman"),
        (["--data-dirs", "../else"], "does not lie in the repository"),
        (["--data-dirs", "nothing"], "names nothing, which is no folder of this repository"),
        (["--env", "NOT_SET_HERE"], "--env names NOT_SET_HERE, which is not set here"),
        (["--cpus", "9"], "the back end process may not run that (.autolab/verifier_policy.yaml): it has 8 cpus"),
        (["--", "python"], "name one command"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(lab, command_in, words, said):
    answer = command_in(lab, max_cpus=8).run("--detach", *words)

    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1), answer
    assert said in answer.err


def test_check_says_what_an_engine_can_what_is_asked_for_and_no_price(command):
    answer = command("check", "--engine", "process", "--spec", samples.SPEC)

    assert answer.code == 0, answer
    assert "asks for at most 1 h" in answer.out
    assert "it can run what is asked for" in answer.out
    assert "price     not known here" in answer.out
    assert command("check", "--engine", "process", "--json").json["engines"][0]["price"] is None


def test_check_says_no_where_a_run_could_not_be_sent(lab, command_in):
    spec = lab.root / samples.SPEC
    spec.write_text(spec.read_text().replace("- tier: small\n", "- tier: small\n- cpus: 64\n"))
    command = command_in(lab, max_cpus=8)
    (lab.root.parent / "store").write_text("no folder")

    answer = command("check", "--engine", "process", "--json").json["engines"][0]

    assert command("check", "--engine", "process").code == 1
    assert answer["storage_fault"]


@pytest.mark.parametrize("name", [row[0] for row in COMMANDS])
def test_every_command_has_help_with_an_example(name, capsys):
    with pytest.raises(SystemExit) as ended:
        build_parser([name]).parse_args([name, "--help"])

    assert ended.value.code == 0
    assert f"example: cloud-run {name}" in capsys.readouterr().out


class Terminal:
    """A stream that may be a terminal."""

    def __init__(self, terminal):
        self.terminal, self.text = terminal, ""

    def isatty(self):
        return self.terminal

    def write(self, text):
        self.text += text

    def flush(self):
        pass


@pytest.mark.parametrize(("terminal", "seen"), [(True, "[###############...............] sending data"), (False, "")])
def test_bars_are_for_terminals(terminal, seen):
    stream, clock = Terminal(terminal), iter([0.0, 1.0, 2.0, 20.0])
    bars = Bars("sending", stream, lambda: next(clock))
    for done in (0, 50, 100):
        bars("data", done, 100)

    assert seen in stream.text
    assert stream.text.endswith("\r\x1b[K") is terminal


@pytest.mark.parametrize("terminal", [True, False])
def test_a_bar_that_is_broken_off_is_taken_away(terminal):
    stream = Terminal(terminal)
    with Bars("sending", stream, lambda: 0.0) as bars:
        bars("data", 0, 100)

    assert stream.text.endswith("of 100 B\r\x1b[K") is terminal
    assert bool(stream.text) is terminal
