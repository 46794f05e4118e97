"""What goes wrong while a run that was sent is watched and brought home: nothing is lost, and it is said what to do."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.integration.crash.lab import assert_one_line, wait_until
from tests.integration.remote.sites import LONG, OUTPUT, sites
from tests.remote.broken_link import AMID_PIECES

LARGE = 4 * 2**20
MUCH = f'{OUTPUT}; head -c {LARGE} /dev/urandom >"$AUTOLAB_RUN_DIR/outputs/large"'


@pytest.fixture
def site(lab, far_host, far_slurm, make_ssh_host, tmp_path):
    yield from sites(lab, far_host, far_slurm, make_ssh_host, tmp_path)


def ended(site):
    """The job has ended, and the scheduler's word for it is final: what is to come are the files."""
    assert site.launch().code == 0
    assert site.ended() == "COMPLETED"


def said_of_files(site) -> dict[str, object]:
    """Look until the files have come, or have not."""
    for _ in range(60):
        answer = site.do("monitor", "--json")
        if answer.json["outcome"] != "stay":
            sync = site.lab.manifest()["artifact_sync_to_local"]
            return {**answer.json, "sync": sync, "fault": (sync["fault"] or {}).get("kind")}
        time.sleep(0.5)
    raise AssertionError(answer)


def test_a_link_that_is_cut_in_the_middle_of_a_file_is_taken_up_again(site):
    site.make(MUCH)
    ended(site)
    site.link.cut("amid", "rsync --server")

    said = said_of_files(site)

    assert site.link.fired, site.link.commands
    assert (said["outcome"], said["sync"]["status"]) == ("advance", "ok"), said
    assert said["sync"]["bytes"] > LARGE > AMID_PIECES * 2**16
    site.look_until("update_docs")
    site.check_complete()


@pytest.fixture
def small_root(tmp_path):
    """A file system of the lab's own, of 12 MiB."""
    root = tmp_path / "lab"
    root.mkdir()
    words = ("mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", root)
    if os.geteuid() != 0 or subprocess.run(words, check=False).returncode:
        pytest.skip("only root may mount a file system")
    yield root
    subprocess.run(("umount", "-l", root), check=True)


def fill(folder: Path, left: int) -> Path:
    """A file there that leaves about *left* bytes free."""
    space = os.statvfs(folder)
    path = folder / "filler"
    path.write_bytes(bytes(max(0, space.f_bavail * space.f_frsize - left)))
    return path


def test_full_disks_on_both_sides_keep_the_stage_until_there_is_room(small_root, site):
    site.make(MUCH)
    ended(site)
    job = site.lab.manifest()["job_id"]

    here = fill(small_root, LARGE // 2)
    said = said_of_files(site)
    assert (said["outcome"], said["fault"]) == ("needs_retry", "disk_space"), said
    assert not (site.lab.run / "outputs/large").exists()
    here.unlink()
    here = fill(small_root, 0)
    kept = (small_root / ".autolab/state.json").read_bytes()
    answer = site.do("monitor", "--json")
    assert_one_line(answer, "the disk is full (free some space and try again)")
    assert (small_root / ".autolab/state.json").read_bytes() == kept
    here.unlink()
    if site.machine.account is not None:
        there = fill(site.machine.seen(site.machine.home), 0)
        said = said_of_files(site)
        assert (said["outcome"], said["fault"]) == ("needs_retry", "disk_space"), said
        there.unlink()

    site.look_until("update_docs")
    site.check_complete()
    assert (site.lab.run / "outputs/large").stat().st_size == LARGE
    assert site.lab.manifest()["job_id"] == job


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_server_that_hangs_holds_nobody_up_for_long(site):
    site.make(f"exec {LONG}", walltime="00:10:00")
    site.launch()
    wait_until(site.lab.starts, "the job begins")
    site.server.hang()

    began = time.monotonic()
    answer = site.do("monitor", "--json")
    seconds = time.monotonic() - began

    assert answer.json["outcome"] == "stay", answer
    assert "timed out" in answer.json["summary"], answer
    assert site.lab.manifest()["status"] == "submitted"
    assert seconds < 150
    site.server.resume()
    assert site.do("monitor", "--json").json["summary"].endswith("is running")


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_cable_that_is_pulled_holds_nobody_up_for_long(site):
    if site.machine.account is None:
        return  # the far side is this host
    site.make(f"{OUTPUT}; sleep 5")
    site.launch()
    site.machine.plug("down")

    began = time.monotonic()
    answer = site.do("monitor", "--json")
    seconds = time.monotonic() - began
    site.machine.plug("up")

    assert answer.json["outcome"] == "stay", answer
    assert seconds < 150
    site.look_until("update_docs")
    site.check_complete()
