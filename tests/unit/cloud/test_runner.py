"""What the runner does in a job: real processes, with a folder as storage."""

from __future__ import annotations

import json
import os
import subprocess
import time

import attrs
import pytest

from autolab_core.cloud import keys
from autolab_core.cloud.engines.base import EngineJob
from autolab_core.cloud.job import job_of
from autolab_core.cloud.models import CloudIntent
from autolab_core.cloud.running import Submission
from autolab_core.cloud.storage.base import StorageMissing
from autolab_core.cloud.stored import log_pieces, read_manifest, read_result, read_run
from autolab_core.models.resources import Duration
from autolab_core.vocab.cloud import CloudEnd, CloudPhase
from tests.unit.cloud import samples
from tests.unit.cloud.labs import staged_only, until

SLOW = f"""\
import pathlib, sys, time, json
out = pathlib.Path("{samples.RESULTS}")
(out / "first.txt").write_text("kept")
print(json.dumps({{"seed": 0, "loss": 0.3, "speed": 10.0}}), flush=True)
print("this is standard error", file=sys.stderr, flush=True)
time.sleep(60)
"""


def result_of(lab, intent: CloudIntent):
    found = read_result(lab.storage, intent.run_id)
    assert found is not None, (lab.engine.folder / f"{intent.run_id}.log").read_text()
    return found


def saved(lab, intent) -> bool:
    found = read_manifest(lab.storage, intent.run_id, attempt=1)
    return found is not None and found[0].files != ()


def files_of(lab, intent) -> list[str]:
    found = read_manifest(lab.storage, intent.run_id)
    assert found is not None
    return [file.path for file in found[0].files]


def test_the_command_runs_as_it_was_written_among_code_and_data(lab):
    intent, code = lab.run(Submission(sync_seconds=0.2))
    lab.pull()
    seen = json.loads((lab.results / "seen.json").read_text())

    assert code == 0
    assert seen["argv"] == ["--full", "a b"]
    assert seen["data"] == ["data/a.txt", "data/more/b.bin"]
    assert seen["env"]["AUTOLAB_CLOUD_RUN"] == intent.run_id
    assert files_of(lab, intent) == ["curves/0.csv", "curves/1.csv", "curves/2.csv", "large.bin", "seen.json"]


def test_words_are_run_as_words(new_lab):
    lab = new_lab()
    intent, code = lab.run(command=None, argv=("python", samples.SCRIPT, "it's $HOME", "*"))
    lab.pull()

    assert code == 0
    assert json.loads((lab.results / "seen.json").read_text())["argv"] == ["it's $HOME", "*"]
    assert result_of(lab, intent).reason == CloudEnd.COMMAND


def test_the_exit_code_is_the_commands_and_comes_with_its_results_and_last_lines(new_lab):
    lab = new_lab(
        samples.RUN + "\nprint('this went wrong', file=sys.stderr)\nsys.exit(3)\n",
    )
    intent, code = lab.run()
    found = result_of(lab, intent)

    assert (code, found.exit_code, found.reason) == (3, 3, CloudEnd.COMMAND)
    assert found.last_lines == ("this went wrong",)
    assert "large.bin" in files_of(lab, intent)
    assert lab.look().standing.exit_code == 3


def test_the_log_is_in_the_storage_by_streams(new_lab):
    lab = new_lab("import sys\nprint('to out')\nprint('to err', file=sys.stderr)\n")
    intent, _ = lab.run()
    pieces = {key.rpartition(".")[2]: data for key, data in log_pieces(lab.storage, intent.run_id, 1)}

    assert pieces == {"out": b"to out\n", "err": b"to err\n"}


def test_variables_go_by_value_and_the_storages_keys_not_at_all(new_lab, monkeypatch):
    monkeypatch.setenv("LEVEL", "7")
    lab = new_lab(env={"TOKEN": "hidden", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "never shown"})
    lab.run(environment=("LEVEL",), secrets=("TOKEN",))
    lab.pull()
    seen = json.loads((lab.results / "seen.json").read_text())["env"]
    kept = b"".join(
        path.read_bytes() for path in lab.storage.root.rglob("*") if path.is_file() and "/out/" not in str(path)
    )

    assert (seen["LEVEL"], seen["TOKEN"]) == ("7", "hidden")
    assert "AWS_SECRET_ACCESS_KEY" not in seen
    assert b"hidden" not in kept
    assert b"never shown" not in kept


def test_at_its_deadline_the_command_ends_and_what_was_made_is_kept(new_lab):
    lab = new_lab(SLOW)
    intent, code = lab.run(max_hours=4 / 3600)
    found = result_of(lab, intent)

    assert (code, found.reason, found.phase) == (124, CloudEnd.DEADLINE, CloudPhase.RUNNING)
    assert files_of(lab, intent) == ["first.txt"]
    assert "what was made until then is saved" in lab.look().standing.line


def test_a_command_that_will_not_stop_is_killed(new_lab):
    lab = new_lab("import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(120)\n")
    intent, code = lab.run(max_hours=2 / 3600)

    assert code == 124
    assert result_of(lab, intent).seconds < 30


def test_told_to_stop_it_saves_what_there_is(new_lab):
    lab = new_lab(SLOW)
    intent = lab.submit()
    until(lambda: saved(lab, intent))
    handle = lab.engine.find(intent.run_id)
    lab.engine.terminate(handle, reason="a test")
    code = lab.engine.wait(intent.run_id)
    found = result_of(lab, intent)

    assert (code, found.reason) == (143, CloudEnd.INTERRUPTED)
    assert "SIGTERM" in found.message
    assert files_of(lab, intent) == ["first.txt"]


def test_outputs_are_in_the_storage_while_it_runs(new_lab):
    lab = new_lab(SLOW)
    intent = lab.submit()
    until(lambda: saved(lab, intent))
    standing = lab.look().standing
    partial = lab.pull(partial=True)
    lab.engine.kill(intent.run_id)

    assert standing.phase is CloudPhase.RUNNING
    assert (partial.files, partial.result, partial.merged) == (1, None, None)
    assert (lab.results / "first.txt").read_text() == "kept"


def test_a_machine_that_is_taken_away_leaves_a_run_that_is_lost_and_what_was_saved(new_lab):
    lab = new_lab(SLOW)
    intent = lab.submit()
    until(lambda: saved(lab, intent))
    lab.engine.kill(intent.run_id)
    until(lambda: lab.look().standing.phase is CloudPhase.LOST)

    assert "--partial" in lab.look().standing.hints[0]


def test_another_job_of_the_same_run_goes_on_when_the_first_gives_no_sign_of_life(new_lab):
    lab = new_lab(SLOW)
    lab = attrs.evolve(lab, engine=attrs.evolve(lab.engine, env={"AUTOLAB_STALE_SECONDS": "1"}))
    intent = lab.submit(max_hours=6 / 3600)
    until(lambda: saved(lab, intent))
    lab.engine.kill(intent.run_id)
    job = EngineJob(intent.run_id, tuple(_argv(lab, intent)), Duration(60))
    lab.engine.start(job)
    code = lab.engine.wait(intent.run_id)

    assert code == 124
    assert result_of(lab, intent).attempt == 2
    assert files_of(lab, intent) == ["first.txt"]


def test_a_second_job_of_a_run_that_is_alive_ends_itself(new_lab):
    lab = new_lab(SLOW)
    intent = lab.submit()
    until(lambda: saved(lab, intent))
    words = _argv(lab, intent)
    environment = {"PATH": os.environ["PATH"], "AUTOLAB_STALE_SECONDS": "30"}
    second = subprocess.run(words, env=environment, capture_output=True, check=False, timeout=60)
    lab.engine.kill(intent.run_id)

    assert second.returncode == 75
    assert b"the runner of attempt 1 is at work" in second.stderr


def test_a_job_that_comes_after_the_result_does_nothing(lab):
    intent, _ = lab.run()
    before = result_of(lab, intent)
    second = subprocess.run(
        _argv(lab, intent), env={"PATH": os.environ["PATH"]}, capture_output=True, check=False, timeout=60
    )

    assert second.returncode == 75
    assert result_of(lab, intent) == before


def test_requirements_that_fail_are_told_with_pips_last_lines(new_lab):
    lab = new_lab()
    (lab.root / "requirements.txt").write_text("./no-such-folder\n")
    samples.git(lab.root, "add", "-A")
    intent, code = lab.run()
    found = result_of(lab, intent)

    assert code == found.exit_code != 0
    assert (found.reason, found.phase) == (CloudEnd.REQUIREMENTS, CloudPhase.INSTALLING)
    assert "no-such-folder" in " ".join(found.last_lines)


@pytest.mark.long  # in a container it is done each time
def test_requirements_are_installed_before_the_command(new_lab):
    lab = new_lab("import wanted\nprint(wanted.NAME)\n")
    package = lab.root / "wanted_package"
    package.mkdir()
    (package / "pyproject.toml").write_text(
        "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n"
        "[project]\nname = 'wanted'\nversion = '1.0'\n"
    )
    (package / "backend.py").write_text(BACKEND)
    (lab.root / "requirements.txt").write_text("./wanted_package\n")
    samples.git(lab.root, "add", "-A")
    intent, code = lab.run()

    assert code == 0, result_of(lab, intent)
    assert b"from the requirements\n" in dict(log_pieces(lab.storage, intent.run_id, 1)).values()


# A wheel made without any tool, so that nothing has to be fetched.
BACKEND = """\
import zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "wanted-1.0-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr("wanted.py", "NAME = 'from the requirements'")
        wheel.writestr("wanted-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: wanted\\nVersion: 1.0\\n")
        said = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
        wheel.writestr("wanted-1.0.dist-info/WHEEL", said)
        wheel.writestr("wanted-1.0.dist-info/RECORD", "")
    return name
"""


@pytest.mark.parametrize("what", ["code", "data"])
def test_bytes_that_are_not_what_was_staged_are_not_run(lab, what):
    intent = staged_only(lab)
    lab.engine.folder.mkdir()
    run = read_run(lab.storage, intent.run_id)
    assert run is not None
    key = keys.code(intent.run_id) if what == "code" else keys.blob(run.data[0].objects[0].sha256)
    (lab.storage.root / key).write_bytes(b"something else")
    lab.engine.start(job_of(run, lab.storage.address, lab.engine.capabilities()))
    code = lab.engine.wait(intent.run_id)
    found = result_of(lab, intent)

    assert code == 70
    assert (found.reason, found.phase) == (CloudEnd.STAGING, CloudPhase.STARTING)
    assert "does not hold what was staged" in found.message


def test_the_spec_cannot_be_written_by_the_command(new_lab):
    lab = new_lab(
        f"open({samples.SPEC!r}, 'a').write('easier')\n",
    )
    intent, code = lab.run()
    found = result_of(lab, intent)

    assert found.guard["level"] == "landlock"
    assert (code, found.reason, found.guard["changes"]) == (1, CloudEnd.COMMAND, [])
    assert "PermissionError" in found.last_lines[-1]


def test_what_a_command_leaves_running_is_ended(new_lab):
    lab = new_lab("import subprocess\nsubprocess.Popen(['sleep', '300.125'])\n")
    _, code = lab.run()

    assert code == 0
    assert subprocess.run(["pgrep", "-f", "sleep 300.125"], check=False, capture_output=True).stdout == b""


def test_links_and_pipes_among_the_outputs_are_named_and_not_taken(new_lab):
    lab = new_lab(
        f"import os\nos.symlink('/etc/passwd', '{samples.RESULTS}/link')\nos.mkfifo('{samples.RESULTS}/pipe')\n"
        f"open('{samples.RESULTS}/two\\nlines', 'w')\nopen('{samples.RESULTS}/good', 'w')\n"
        f"open(b'{samples.RESULTS}/\\xff', 'w')\n"
    )
    intent, code = lab.run()
    found = read_manifest(lab.storage, intent.run_id)

    assert code == 0
    assert found is not None
    assert [file.path for file in found[0].files] == ["good"]
    assert found[0].left_out == (
        r"\udcff: its name is no UTF-8",
        "link: it is a symbolic link",
        "pipe: it is neither a file nor a folder",
        r"two\nlines: it holds a control character",
    )
    assert lab.pull().files == 1, "one name that cannot come home keeps no other file from it"


def test_a_run_that_waited_too_long_is_not_begun(lab):
    intent = staged_only(lab)
    path = lab.storage.root / keys.run_document(intent.run_id)
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "deadline": "2026-01-01T00:00:00Z"}))
    ended = subprocess.run(_argv(lab, intent), capture_output=True, check=False, env={"PATH": os.environ["PATH"]})

    assert ended.returncode == 124
    assert b"waited until after its deadline" in ended.stderr
    with pytest.raises(StorageMissing):
        lab.storage.get(keys.lease(intent.run_id, 1))


def test_results_reach_a_storage_that_was_away_for_a_while(new_lab):
    lab = new_lab(samples.RUN + "\ntime.sleep(1.5)\n")
    intent = lab.submit()
    until((lab.storage.root / keys.lease(intent.run_id, 1)).exists)
    until(lambda: saved(lab, intent))
    place = lab.storage.root / keys.run(intent.run_id)
    away = lab.storage.root / "away"
    place.rename(away)
    place.write_text("not a folder")
    time.sleep(3)
    place.unlink()
    away.rename(place)

    assert lab.engine.wait(intent.run_id) == 0
    assert "large.bin" in files_of(lab, intent)


def _argv(lab, intent) -> list[str]:
    run = read_run(lab.storage, intent.run_id)
    assert run is not None
    return list(job_of(run, lab.storage.address, lab.engine.capabilities()).argv)
