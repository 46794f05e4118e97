"""What a machine has: copies of the kernel's trees as they are in containers and jobs, and this machine itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autolab_core.exec.cgroups import Allowed, allowed
from autolab_core.exec.command import CommandResult
from autolab_core.exec.local import LocalRunner
from autolab_core.exec.machine import look_at_machine
from autolab_core.models.machine import Gpu, Machine
from autolab_core.vocab.errors import RunnerError

GIB = 1024**3
V2 = "30 23 0:26 {root} /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
V1 = (
    "33 31 0:30 {root} /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "34 31 0:31 {root} /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
)
MEMINFO = "MemTotal:       16384000 kB\nMemFree:  1 kB\nMemAvailable:   8192000 kB\nHugePages_Total:       0\n"


class NoProgram:
    def run(self, command):
        raise RunnerError(f"{command.argv[0]}: not found")


class Says:
    """A runner on which every command prints *text*."""

    def __init__(self, text: str, code: int = 0, stderr: str = "") -> None:
        self.text, self.code, self.stderr = text, code, stderr

    def run(self, command):
        return CommandResult(command.argv, self.code, self.text.encode(), self.stderr.encode())


def tree(base: Path, **files: str) -> str:
    """The folder *base* with *files*; their names have ``__`` for a slash."""
    return grown(base, {name.replace("__", "/"): text for name, text in files.items()})


def grown(base: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(base)


def version_2(base: Path, group: str = "/user/job", root: str = "/") -> str:
    return tree(base, proc__self__cgroup=f"0::{group}\n", proc__self__mountinfo=V2.format(root=root))


def version_1(base: Path, group: str = "/docker/abc", root: str = "/") -> str:
    lines = f"12:memory:{group}\n4:cpu,cpuacct:{group}\n1:name=systemd:{group}\n"
    return tree(base, proc__self__cgroup=lines, proc__self__mountinfo=V1.format(root=root))


def test_the_tightest_limit_on_the_way_up_counts(tmp_path):
    base = version_2(tmp_path)
    grown(
        tmp_path / "sys/fs/cgroup",
        {
            "user/cpu.max": "150000 100000\n",
            "user/job/cpu.max": "max 100000\n",
            "user/memory.max": f"{4 * GIB}\n",
            "user/memory.current": f"{3 * GIB}\n",
            "user/memory.stat": f"anon 5\ninactive_file {GIB}\n",
            "user/job/memory.max": f"{8 * GIB}\n",
        },
    )

    assert allowed(base) == Allowed(1.5, 4 * GIB, 2 * GIB)


def test_version_1_keeps_each_controller_in_a_tree_of_its_own_and_writes_no_limit_as_a_number(tmp_path):
    base = version_1(tmp_path)
    grown(
        tmp_path / "sys/fs/cgroup",
        {
            "cpu,cpuacct/docker/abc/cpu.cfs_quota_us": "50000\n",
            "cpu,cpuacct/docker/abc/cpu.cfs_period_us": "100000\n",
            "cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
            "cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            "memory/docker/abc/memory.limit_in_bytes": f"{2 * GIB}\n",
            "memory/docker/abc/memory.usage_in_bytes": f"{GIB}\n",
            "memory/docker/abc/memory.stat": f"inactive_file 1\ntotal_inactive_file {GIB // 2}\n",
            "memory/memory.limit_in_bytes": "9223372036854771712\n",
        },
    )

    assert allowed(base) == Allowed(0.5, 2 * GIB, GIB + GIB // 2)


def test_the_largest_number_of_version_1_is_no_limit(tmp_path):
    base = version_1(tmp_path, "/")
    grown(tmp_path / "sys/fs/cgroup/memory", {"memory.limit_in_bytes": "9223372036854771712\n"})

    assert allowed(base) == Allowed(None, None, None)


@pytest.mark.parametrize(
    ("group", "root", "where"),
    [
        ("/", "/", ""),  # a container with a namespace of control groups
        ("/docker/abc", "/docker/abc", ""),  # one without: what is mounted is its own group
        ("/docker/abc/job", "/docker/abc", "job/"),
        ("/elsewhere", "/docker/abc", ""),  # the group of a process outside
        ("/../../outside", "/", ""),  # as the kernel shows it to who looks from another namespace
    ],
)
def test_a_group_is_found_below_what_is_mounted(tmp_path, group, root, where):
    base = version_2(tmp_path, group, root)
    grown(tmp_path / "sys/fs/cgroup", {f"{where}memory.max": "1048576\n", f"{where}cpu.max": "200000 100000\n"})

    assert allowed(base) == Allowed(2.0, 1048576, 1048576)


@pytest.mark.parametrize(
    "text", ["", "max", "max 100000", "-1", "x y", "0 0", "1" * 40, "\x00\xff", "100000 0", "1 2 3"]
)
def test_a_file_that_says_nothing_limits_nothing(tmp_path, text):
    base = version_2(tmp_path, "/")
    grown(tmp_path / "sys/fs/cgroup", {"cpu.max": text, "memory.max": "max" if text.isdigit() else text})

    assert allowed(base) == Allowed(None, None, None)


@pytest.mark.parametrize("lines", ["", "x\n", "0::\n", "::::\n", "0::relative\n", "\x00"])
def test_a_strange_list_of_groups_breaks_nothing(tmp_path, lines):
    base = tree(tmp_path, proc__self__cgroup=lines, proc__self__mountinfo="nothing\n1 2 3 - cgroup2\n" + V2[:20])

    assert allowed(base) == Allowed(None, None, None)


def test_the_machine_is_put_together_from_all_of_it(tmp_path):
    base = version_2(tmp_path, "/")
    grown(tmp_path, {"proc/meminfo": MEMINFO, "sys/fs/cgroup/memory.max": f"{GIB}\n"})
    grown(tmp_path, {"sys/fs/cgroup/cpu.max": "150000 100000\n"})

    machine = look_at_machine(NoProgram(), str(tmp_path), {}, base=base, affinity=8)

    about = os.statvfs(tmp_path)
    assert machine.disk_free is not None
    assert abs(machine.disk_free - about.f_bavail * about.f_frsize) < GIB
    assert (machine.affinity, machine.quota, machine.cores) == (8, 1.5, 1.5)
    assert (machine.memory_total, machine.memory_limit) == (16384000 * 1024, GIB)
    assert (machine.memory, machine.memory_available) == (GIB, GIB)
    assert (machine.gpus, machine.notes) == ((), ())


@pytest.mark.parametrize(("quota", "cores"), [(None, 4.0), (2.5, 2.5), (4.0, 4.0), (64.0, 4.0)])
def test_a_quota_gives_no_more_than_the_affinity(quota, cores):
    assert Machine(4, quota).cores == cores


def test_what_cannot_be_read_is_none(tmp_path):
    machine = look_at_machine(NoProgram(), str(tmp_path / "gone"), {}, base=str(tmp_path), affinity=2)

    assert machine == Machine(2)
    assert machine.memory is None


def test_this_machine_has_what_the_kernel_says():
    machine = look_at_machine(LocalRunner(), "/", os.environ)

    total = int(Path("/proc/meminfo").read_text().split()[1]) * 1024
    assert machine.memory_total == total
    assert machine.memory is not None
    assert 0 < machine.memory <= total
    assert machine.memory_available is not None
    assert 0 < machine.memory_available < total
    assert 0 < machine.cores <= machine.affinity == len(os.sched_getaffinity(0))


def test_a_process_that_may_use_one_cpu_has_one_core():
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert look_at_machine(NoProgram(), "/", {}).cores <= 1
    finally:
        os.sched_setaffinity(0, before)


LISTED = "GPU-aaaa-1, 81559, NVIDIA H100 80GB HBM3\nGPU-bbbb-2, 40960, NVIDIA A100-PCIE-40GB\n"
H100, A100 = Gpu("NVIDIA H100 80GB HBM3", 81559 * 1024**2), Gpu("NVIDIA A100-PCIE-40GB", 40 * GIB)


@pytest.mark.parametrize(
    ("visible", "gpus"),
    [
        (None, (H100, A100)),
        ("0,1", (H100, A100)),
        ("1", (A100,)),
        ("GPU-bbbb, 0", (A100, H100)),
        ("1,7,0", (A100,)),  # the first that is none ends the list
        ("", ()),
        ("-1", ()),
        ("NoDevFiles", ()),
        ("MIG-1234", (Gpu("a part of a GPU (MIG)"),)),
    ],
)
def test_the_gpus_are_those_that_a_process_sees(tmp_path, visible, gpus):
    environment = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}

    assert look_at_machine(Says(LISTED), "/", environment, base=str(tmp_path), affinity=1).gpus == gpus


@pytest.mark.parametrize("amount", ["[N/A]", "[Insufficient Permissions]", "1e9", "9" * 30])
def test_a_gpu_that_does_not_tell_its_memory_is_still_one(tmp_path, amount):
    runner = Says(f"GPU-a, {amount}, NVIDIA GB10\nwarning: something\n\n")

    assert look_at_machine(runner, "/", {}, base=str(tmp_path), affinity=1).gpus == (Gpu("NVIDIA GB10"),)


def test_without_the_program_the_driver_lists_its_gpus(tmp_path):
    about = "Model: \t\t NVIDIA A100-SXM4-40GB\nIRQ:   \t\t 60\nGPU UUID: \t GPU-cccc\n"
    base = grown(tmp_path, {"proc/driver/nvidia/gpus/0000:07:00.0/information": about})

    machine = look_at_machine(NoProgram(), "/", {"CUDA_VISIBLE_DEVICES": "GPU-cc"}, base=base, affinity=1)

    assert machine.gpus == (Gpu("NVIDIA A100-SXM4-40GB"),)
    assert machine.notes == ("nvidia-smi: not found; the driver lists its GPUs without their memory",)


def test_a_program_that_fails_is_named_with_what_it_said(tmp_path):
    runner = Says("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n", 9)

    machine = look_at_machine(runner, "/", {}, base=str(tmp_path), affinity=1)

    assert machine.gpus == ()
    assert machine.notes == (
        "nvidia-smi ended with 9: NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
    )
