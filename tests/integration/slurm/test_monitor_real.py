"""`autolab monitor` on a real Slurm: from the command to the files, and no trouble of the cluster's becomes a run's.

That every end is judged right is shown in ``test_states_real.py``.
"""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time

import pytest

from tests.integration.crash.lab import finish, wait_until
from tests.integration.slurm.test_launch_real import LONG, Site, sites


@pytest.fixture
def site(lab, slurm):
    yield from sites(lab, slurm)


def monitor(site: Site, *options: str):
    return site.do("monitor", "--json", *options)


def until_status(site: Site, *statuses: str, seconds: float = 60) -> dict:
    """Look until the run has one of *statuses*; its manifest."""
    end = time.monotonic() + seconds
    while True:
        answer = monitor(site)
        manifest = site.lab.manifest()
        if manifest["status"] in statuses:
            return manifest
        assert time.monotonic() < end, (manifest["status"], manifest["scheduler"], answer)
        time.sleep(0.3)


def statuses(manifest: dict) -> list[str]:
    return [entry["status"] for entry in manifest["history"]]


def check_replay(site: Site) -> None:
    answer = site.do("monitor", "--replay", site.lab.run.name, "--json")
    assert (answer.code, answer.json["differences"]) == (0, []), answer


def test_a_job_that_ends_well_is_synced_and_then_completed(site):
    site.make("echo hello; sleep 2")
    site.do("launch")
    manifest = until_status(site, "synced")

    sync, said = manifest["artifact_sync_to_local"], manifest["scheduler"]
    assert (sync["status"], sync["method"]) == ("ok", "shared_filesystem")
    assert sync["files"] >= 4
    assert len(sync["checksums_sha256"]) == 64
    assert (said["state"], said["exit"], said["limit"]) == ("COMPLETED", "0:0", "00:01:00")
    checked = subprocess.run(["sha256sum", "--check", "--strict", "artifacts.sha256"], cwd=site.lab.run, check=False)
    assert checked.returncode == 0
    state = site.lab.state()
    assert (state["stage"], state["sync_status"]) == ("extract_results", "ok")
    answer = site.do("extract", "--json")
    assert (answer.json["outcome"], site.lab.manifest()["status"]) == ("advance", "completed")
    assert b"metrics.json" in (site.lab.run / "artifacts.sha256").read_bytes()
    check_replay(site)


def test_a_job_that_fails_is_failed_with_its_code_and_its_logs_are_no_results(site):
    site.make("echo oops >&2; exit 3")
    site.do("launch")
    manifest = until_status(site, "failed")

    failure, sync = manifest["failure"], manifest["artifact_sync_to_local"]
    assert (failure["native_state"], failure["exit"], failure["stage"]) == ("FAILED", "3:0", "slurm_monitor")
    assert failure["advice"] == "read logs/stderr.log of the run"
    assert sync["diagnosis"].startswith("diagnostic: ")
    assert not (site.lab.run / "artifacts.sha256").exists()
    assert site.lab.state()["stage"] == "extract_results"
    answer = site.do("extract", "--json")
    assert (answer.code, answer.json["outcome"], answer.json["retry_stage"]) == (1, "needs_retry", "launch")
    check_replay(site)


def test_a_waiting_job_is_pending_with_its_reason_and_a_stuck_one_says_what_to_do(site):
    for node in site.cluster.nodes:
        site.cluster.drain(node)
    site.make()
    site.do("launch")
    job = site.only_job()

    manifest = until_status(site, "pending")
    site.cluster.must("scontrol", "hold", job)
    answer = monitor(site)

    assert manifest["scheduler"]["state"] == "PENDING"
    assert (answer.code, answer.json["outcome"]) == (0, "stay")
    assert "an administrator holds it" in site.lab.manifest()["scheduler"]["stuck"]
    assert answer.json["summary"].endswith(answer.json["runs"][0]["stuck"])


def test_a_stopped_controller_changes_no_status_and_is_one_row_of_the_ledger(site):
    site.make(LONG)
    site.patient = False
    site.do("launch")
    site.lab.started()
    until_status(site, "running")
    rows = len(site.ledger())
    site.cluster.daemon("slurmctld").stop()
    site.cluster.daemon("slurmdbd").stop()

    answers = [monitor(site) for _ in range(3)]
    during = site.lab.manifest()
    noted = site.ledger()
    site.cluster.daemon("slurmdbd").start()
    site.cluster.daemon("slurmctld").start()
    site.cluster.must("scancel", site.only_job())
    after = until_status(site, "failed")

    assert [(answer.code, answer.json["outcome"]) for answer in answers] == [(0, "stay")] * 3
    assert (during["status"], statuses(during)[-1]) == ("running", "running")
    assert during["scheduler"]["unknown_since"]
    assert len(noted) == rows + 1
    assert "not known since" in noted[-1]
    assert "unknown_since" not in after["scheduler"]
    assert after["failure"]["native_state"] == "CANCELLED"
    check_replay(site)


def test_a_job_that_was_forgotten_before_the_first_look_is_judged_by_the_accounting(lab, own_slurm):
    for site in sites(lab, own_slurm(min_job_age=2)):
        site.make("exit 3")
        site.do("launch")
        job = site.only_job()
        wait_until(lambda site=site, job=job: site.cluster.state(job) == "", "the job is purged", seconds=40)
        manifest = until_status(site, "failed")

        # The accounting keeps 7 bits of a code; the marker has all of them.
        assert manifest["failure"]["exit"] == "3:0"
        assert manifest["scheduler"]["sacct"][1].startswith(f"{job}|FAILED|3:0|")
        check_replay(site)


@pytest.mark.long
def test_a_purged_job_without_accounting_is_judged_by_its_own_marker(lab, own_slurm):
    for site in sites(lab, own_slurm(accounting=False, min_job_age=2)):
        site.make("exit 0")
        site.do("launch")
        job = site.only_job()
        wait_until(lambda site=site, job=job: site.cluster.state(job) == "", "the job is purged", seconds=40)
        answer = monitor(site)
        assert site.lab.manifest()["status"] in {"submitted", "synced"}, answer
        manifest = until_status(site, "synced", seconds=90)

        assert "its own exit marker does" in " ".join(manifest["scheduler"]["notes"])
        check_replay(site)


def test_wait_looks_until_the_end_and_says_by_its_code_how_that_was(site):
    site.make("sleep 3; exit 4")
    site.do("launch")

    answer = site.do("monitor", "--wait", "--json")

    rounds = [json.loads(line) for line in answer.stdout.splitlines()]
    assert answer.code == 1
    assert rounds[-1]["next_look_seconds"] is None
    assert rounds[-1]["runs"][0]["status"] == "failed"
    assert all(each["next_look_seconds"] >= 5 for each in rounds[:-1])


def test_wait_says_what_changes_line_by_line_where_there_is_no_terminal(site):
    site.make("sleep 1")
    site.do("launch")

    answer = site.do("monitor", "--wait")

    assert answer.code == 0, answer
    assert f"{site.lab.run.name} job {site.only_job()}: COMPLETED, synced" in answer.stdout
    assert "extract_results" not in answer.stderr


def test_control_c_leaves_the_job_alone(site):
    site.make(LONG)
    site.do("launch")
    site.lab.started()
    waiting = site.start("monitor", "--wait", start_new_session=True)
    wait_until(lambda: site.lab.manifest()["status"] == "running", "the first look is made")
    time.sleep(0.5)
    waiting.send_signal(signal.SIGINT)
    end = finish(waiting)

    assert end.code == 130
    assert "the job is left alone" in end.stderr
    assert site.cluster.state(site.only_job()) == "RUNNING"


def test_a_terminal_shows_what_goes_on_and_control_c_leaves_it_alone(site):
    for node in site.cluster.nodes:
        site.cluster.drain(node)
    site.make(LONG)
    site.do("launch")
    terminal = Terminal(site, "monitor", "--wait")
    waiting = terminal.until("PENDING", "next look in")
    for node in site.cluster.nodes:
        site.cluster.undrain(node)
    site.lab.started()
    running = terminal.until("RUNNING", "/00:01:00", "next look in")
    terminal.type(b"\x03")
    code, last = terminal.end()

    head, run, *_ = waiting.splitlines()
    assert head.split("  ")[0].endswith("RUN")
    assert all(word in head for word in ("JOB", "STATE", "STATUS", "ELAPSED/LIMIT", "IN QUEUE", "REASON"))
    assert all(word in run for word in (site.lab.run.name, site.only_job(), "pending", "00:00:0", "Node"))
    assert "\x1b[3F" in running  # drawn over the table before it: a header, a run and a footer
    assert (code, "the job is left alone" in last, "Traceback" in last) == (130, True, False)
    assert site.cluster.state(site.only_job()) == "RUNNING"


class Terminal:
    """``autolab *argv*`` on a terminal of its own, 160 columns wide."""

    def __init__(self, site: Site, *argv: str) -> None:
        self.master, end = pty.openpty()
        termios.tcsetwinsize(end, (24, 160))
        words = ("setsid", "--ctty", sys.executable, "-m", "autolab_cli", *argv)
        self.process = site.lab.spawn(*words, env=site.env, stdin=end, stdout=end, stderr=end)
        os.close(end)

    def _read(self, seconds: float) -> str:
        ready, _, _ = select.select([self.master], [], [], seconds)
        try:
            return os.read(self.master, 65536).decode() if ready else ""
        except OSError:  # nobody has the other end any more
            return ""

    def until(self, *words: str, seconds: float = 40) -> str:
        """What it shows, from now until all *words* are in it."""
        shown, end = "", time.monotonic() + seconds
        while not all(word in shown for word in words):
            assert time.monotonic() < end, (words, shown)
            shown += self._read(1)
        return shown

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def end(self) -> tuple[int, str]:
        """Its exit code, and what it said last."""
        said = ""
        while more := self._read(5):
            said += more
        code = self.process.wait(30)
        os.close(self.master)
        return code, said


def test_a_history_that_was_edited_does_not_agree_with_the_answers(site):
    site.make("exit 3")
    site.do("launch")
    manifest = until_status(site, "failed")
    path = site.lab.run / "run_manifest.json"
    manifest["history"][-1]["status"] = manifest["status"] = "completed"
    path.write_text(json.dumps(manifest))

    answer = site.do("monitor", "--replay", site.lab.run.name)

    assert answer.code == 1
    assert "does NOT agree" in answer.stdout
