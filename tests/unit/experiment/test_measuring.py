"""What is measured around commands: usage, installed distributions, the hash index of results, tables."""

import hashlib
import os
import sys
import time
import venv

import pytest

from autolab_core.exec.command import Command, CommandResult
from autolab_core.exec.local import LocalRunner
from autolab_core.experiment import usage
from autolab_core.experiment.lines import Bad, Number
from autolab_core.experiment.packages import installed, interpreter_of
from autolab_core.experiment.results_index import index_results
from autolab_core.experiment.tables import Table
from autolab_core.experiment.usage import GpuSource, Meter, allocated_gpus, gpu_source
from autolab_core.vocab.errors import RunnerError


def sha(data):
    return hashlib.sha256(data).hexdigest()


# The hash index


def test_every_file_of_other_experiments_is_in_the_index(tmp_path):
    for path, text in (("exp-001/metrics.json", "1"), ("exp-001/plots/a.png", "2"), ("exp-002/metrics.json", "3")):
        (tmp_path / "results" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "results" / path).write_text(text)

    assert index_results(str(tmp_path), "results/exp-002") == {
        "results/exp-001/metrics.json": sha(b"1"),
        "results/exp-001/plots/a.png": sha(b"2"),
    }


def test_a_repository_without_results_has_an_empty_index(tmp_path):
    assert index_results(str(tmp_path), "results/exp-001") == {}


def test_a_link_in_a_files_place_shows_and_is_not_followed(tmp_path):
    folder = tmp_path / "results/exp-001"
    folder.mkdir(parents=True)
    (tmp_path / "elsewhere").write_text("data")
    (folder / "metrics.json").symlink_to("../../elsewhere")
    os.mkfifo(folder / "pipe")

    found = index_results(str(tmp_path), "results/exp-002")

    assert found == {"results/exp-001/metrics.json": sha(b"../../elsewhere"), "results/exp-001/pipe": sha(b"")}


# Installed distributions


def test_our_own_distributions_are_found_without_starting_an_interpreter():
    found = installed(sys.executable)

    assert {"attrs", "pytest"} <= set(found)


def test_an_environment_has_what_is_installed_in_it_and_nothing_else(tmp_path):
    venv.create(tmp_path / "env", with_pip=False, symlinks=True)
    (site,) = (tmp_path / "env").glob("lib/python3*/site-packages")
    (site / "Some_Thing-1.2.dist-info").mkdir()
    (site / "Some_Thing-1.2.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: Some_Thing\nVersion: 1.2\n")
    (site / "broken-1.dist-info").mkdir()
    (site / "trap.pth").write_text(f"import os; os.mkdir({str(tmp_path / 'sprung')!r})\n")

    assert installed(str(tmp_path / "env/bin/python")) == {"some-thing": "1.2"}
    assert not (tmp_path / "sprung").exists()


def test_the_interpreter_is_the_one_that_the_commands_name(tmp_path):
    program = tmp_path / "bin/python3"
    program.parent.mkdir()
    program.write_text("")
    program.chmod(0o755)

    assert interpreter_of(["make", "python3"], "/", {"PATH": str(program.parent)}) == str(program)
    assert interpreter_of(["bin/python3"], str(tmp_path), {}) == str(program)
    assert interpreter_of(["make"], "/", {"PATH": ""}) == sys.executable


# Usage


class Smi:
    """Answers as nvidia-smi does for a process on two GPUs."""

    def __init__(self, answer):
        self.answer = answer

    def run(self, command):
        if self.answer is None:
            raise RunnerError("nvidia-smi: no answer")
        return CommandResult(command.argv, 0, self.answer.encode(), b"")


@pytest.mark.parametrize(
    ("environment", "gpus"),
    [
        ({}, None),
        ({"SLURM_GPUS_ON_NODE": "4"}, None),  # outside of a job
        ({"SLURM_JOB_ID": "1"}, None),
        ({"SLURM_JOB_ID": "1", "SLURM_GPUS_ON_NODE": "2"}, 2),
        ({"SLURM_JOB_ID": "1", "SLURM_GPUS_ON_NODE": "2", "SLURM_NNODES": "3"}, 6),
        ({"SLURM_JOB_ID": "1", "SLURM_GPUS": "a100:4", "SLURM_GPUS_ON_NODE": "2"}, 4),
        ({"SLURM_JOB_ID": "1", "SLURM_GPUS_ON_NODE": "many"}, None),
    ],
)
def test_the_allocation_says_how_many_gpus_there_are(environment, gpus):
    assert allocated_gpus(environment) == gpus


def test_in_an_allocation_its_gpus_count_for_the_whole_time():
    environment = {"SLURM_JOB_ID": "1", "SLURM_GPUS_ON_NODE": "2"}
    meter = Meter(environment)
    time.sleep(0.05)
    used = meter.used()

    assert gpu_source(environment) == GpuSource.ALLOCATION
    assert used.gpu_hours == pytest.approx(2 * used.seconds / 3600)


def test_without_a_gpu_nothing_was_used(monkeypatch):
    monkeypatch.setattr(usage, "_DEVICES", ("/nowhere",))

    assert gpu_source({"PATH": ""}) == GpuSource.NO_GPU
    assert Meter({"PATH": ""}).used().gpu_hours == 0


def test_with_a_gpu_that_nobody_accounts_for_the_number_is_unknown(monkeypatch):
    monkeypatch.setattr(usage, "_DEVICES", ("/dev/null",))

    assert gpu_source({"PATH": ""}) == GpuSource.UNKNOWN
    assert Meter({"PATH": ""}).used().gpu_hours is None


@pytest.fixture
def with_smi(tmp_path):
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return {"PATH": str(tmp_path)}


def test_the_gpus_that_our_processes_are_on_are_counted(with_smi):
    pid = os.getpid()
    meter = Meter(with_smi, Smi(f"{pid}, GPU-a\n{pid}, GPU-b\n{pid}, GPU-b\n1, GPU-c\n"))
    time.sleep(0.05)

    used = meter.used(pid)

    assert used.gpu_hours == pytest.approx(2 * used.seconds / 3600, rel=0.2)


def test_a_driver_that_does_not_answer_makes_the_number_unknown(with_smi, monkeypatch):
    monkeypatch.setattr(usage, "_DEVICES", ("/dev/null",))

    assert Meter(with_smi, Smi(None)).used(os.getpid()).gpu_hours is None


def test_the_processor_time_of_children_is_counted():
    meter = Meter({"PATH": ""})
    LocalRunner().run(Command((sys.executable, "-c", "sum(i for i in range(4_000_000))")))

    assert meter.used().cpu_seconds > 0.05


# Tables


def test_rows_that_were_there_before_do_not_count(tmp_path):
    (tmp_path / "m.csv").write_text("val_loss,seed\n0.4,0\n")
    table = Table(str(tmp_path), "m.csv")
    with (tmp_path / "m.csv").open("a") as file:
        file.write("0.5,1\n")

    assert table.new_items(["val_loss"]) == (Number("val_loss", 0.5, 1),)


def test_a_table_that_was_written_again_counts_whole(tmp_path):
    (tmp_path / "m.csv").write_text("val_loss,seed\n0.4,0\n")
    table = Table(str(tmp_path), "m.csv")
    (tmp_path / "new").write_text("val_loss,seed\n0.4,0\n0.5,1\n")
    (tmp_path / "new").replace(tmp_path / "m.csv")

    assert len(table.new_items(["val_loss"])) == 2


def test_a_table_that_nobody_wrote_is_said_to_be_missing(tmp_path):
    (missing,) = Table(str(tmp_path), "m.csv").new_items(["val_loss"])
    (tmp_path / "m.csv").write_text("val_loss\n0.4\n")
    (untouched,) = Table(str(tmp_path), "m.csv").new_items(["val_loss"])

    assert missing == Bad("m.csv: does not exist")
    assert untouched == Bad("m.csv: was not written by the command")


def test_a_fresh_look_takes_every_row(tmp_path):
    (tmp_path / "m.csv").write_bytes(b"\xef\xbb\xbfval_loss\r\n0.4\r\n")

    assert Table(str(tmp_path), "m.csv", fresh=True).new_items(["val_loss"]) == (Number("val_loss", 0.4),)


def test_a_table_that_is_no_text_is_one_line(tmp_path):
    (tmp_path / "m.csv").write_bytes(b"val_loss\n\xff\xfe\n")

    assert Table(str(tmp_path), "m.csv", fresh=True).new_items(["val_loss"]) == (
        Bad("m.csv: is not UTF-8 text (save it as UTF-8)"),
    )
