"""From a launch here to proven results here, the job on a real Slurm behind a real sshd; and a link that is cut."""

from __future__ import annotations

import json
import time

import pytest

from autolab_core.exec.command import Command
from tests.integration.crash.lab import FOLDER, finish, wait_until
from tests.integration.remote.sites import LONG, OUTPUT, sites, twin_of
from tests.integration.slurm import replicates as made
from tests.remote.server import ALIAS


@pytest.fixture
def site(lab, far_host, far_slurm, make_ssh_host, tmp_path):
    yield from sites(lab, far_host, far_slurm, make_ssh_host, tmp_path)


def test_the_far_machine_is_another_one(site, runner_on):
    if site.machine.account is None:
        return  # this process may make no namespace: the far side is this host then
    runner = runner_on(site.server)
    mine = site.lab.root.parent / "mine"
    mine.write_text("here")
    site.machine.seen(site.machine.home / "theirs").write_text("there")

    def said(*words: str) -> str:
        return runner.run(Command(words)).text.strip()

    assert said("id", "-un") == site.machine.account
    assert said("ls", str(site.machine.home)) == "theirs"
    assert list(site.machine.home.iterdir()) == []
    assert runner.run(Command(("ls", str(mine)))).exit_code == 2
    assert site.machine.address not in said("ip", "address", "show", "lo")
    assert site.machine.address in said("ip", "address")


def test_a_run_goes_there_and_comes_home_proven(site):
    site.make(OUTPUT)

    launched = site.launch()

    assert (launched.code, launched.json["outcome"]) == (0, "advance"), launched
    manifest = site.lab.manifest()
    remote = manifest["remote"]
    assert (remote["profile"], remote["method"], len(remote["tree_sha256"])) == ("there", "git", 64)
    assert remote["commit"] == manifest["commit"]["sha"]
    assert remote["work_tree"].startswith(f"{site.far}/")
    followed = site.do("logs", "-f")
    assert site.ended() == "COMPLETED"
    if site.machine.account is not None:
        assert not (site.lab.run / "logs/stdout.log").exists()
    assert (followed.code, followed.stdout) == (0, "modules loaded\nhello\n"), followed
    assert f"the logs are still at {ALIAS}:{remote['work_tree']}/" in followed.stderr
    assert site.do("logs", "--json").json["stdout.log"] == followed.stdout
    outcomes = site.look_until("update_docs")
    assert site.do("logs").stderr == ""
    assert [(stage, outcome) for stage, outcome, _ in outcomes if outcome != "stay"] == [
        ("slurm_monitor", "advance"),
        ("extract_results", "advance"),
    ], outcomes
    assert (site.lab.run / "outputs/it's one").read_text() == "1\n"
    assert site.lab.log("stdout.log") == "modules loaded\nhello\n"
    site.check_complete()
    assert "through there" in site.do("show", manifest["run_id"]).stdout


def test_a_login_shell_that_is_no_posix_one_changes_nothing(site, make_ssh_host):
    account = site.machine.csh_account
    login = None if account else '#!/bin/sh\nexec /bin/tcsh -c "$SSH_ORIGINAL_COMMAND"\n'
    site.server = make_ssh_host(machine=site.machine, account=account, login=login)
    start_up = site.machine.seen(site.machine.home / ".cshrc")
    start_up.write_text("set noclobber\nalias cd 'cd \\!*; echo moved'\nalias rm 'rm -i'\n")
    site.make(OUTPUT)

    checked, launched = site.do("remote", "check", "there"), site.launch()

    assert (checked.code, "/bin/tcsh says nothing" in checked.stdout) == (0, True), checked
    assert (launched.code, launched.json["outcome"]) == (0, "advance"), launched
    assert site.ended() == "COMPLETED"
    site.look_until("update_docs")
    site.check_complete()
    start_up.unlink()


def test_a_dry_run_says_what_would_be_copied_and_copies_nothing(site):
    site.make(OUTPUT)

    answer = site.do("launch", "--remote", "there", "--dry-run")

    assert answer.code == 0, answer
    assert f"bytes, to {ALIAS}:{site.far}/" in answer.stdout
    assert "would send: job.sh\n" in answer.stdout
    assert [path for path in site.machine.seen(site.far).rglob("*") if path.is_file()] == []
    assert (site.jobs(), site.lab.run_ids()) == ([], [])


def test_the_design_names_the_profile_and_the_default_is_meant_where_this_host_has_no_slurm(site):
    site.make(LONG, location="location: slurm, remote: there, ")
    assert site.do("launch", "--dry-run").stdout.startswith("would submit to Slurm: sh job.sh\nwould send")
    site.lab.replace(f"{FOLDER}/design.yaml", "remote: there, ", "")
    site.lab.approve()
    site.commit()
    site.lab.program("sinfo", "#!/bin/sh\nexit 127\n")
    assert "would send" in site.do("launch", "--dry-run").stdout
    answer = site.do("launch", "--remote", "nowhere")
    assert (answer.code, "there is no remote profile 'nowhere'; there are: there" in answer.stderr) == (2, True), answer


def test_a_design_that_wants_this_host_is_not_sent_away(site):
    site.make(location="location: local, ")

    answer = site.launch()

    assert (answer.code, answer.json["outcome"], answer.json["retry_stage"]) == (1, "needs_retry", "design")
    assert "compute.location local" in answer.json["summary"]


def test_of_a_job_that_fails_the_logs_alone_come_home(site):
    site.make(f"{OUTPUT}; echo trouble >&2; exit 3")
    site.launch()
    site.ended()

    site.look_until("launch")

    manifest = site.lab.manifest()
    sync = manifest["artifact_sync_to_local"]
    assert (manifest["status"], sync["status"]) == ("failed", "ok"), manifest
    assert sync["diagnosis"].startswith("diagnostic")
    assert site.lab.log("stderr.log") == "trouble\n"
    assert not (site.lab.run / "outputs/it's one").exists()
    assert (site.tree / FOLDER / "runs" / manifest["run_id"] / "outputs/it's one").exists()


@pytest.mark.long
def test_cancel_ends_the_job_there(site):
    site.make(f"exec {LONG}")
    site.launch()
    wait_until(site.lab.starts, "the job begins")

    answer = site.do("cancel", "--reason", "enough", "--json")

    assert (answer.code, answer.json["outcome"]) == (0, "cancelled"), answer
    assert site.ended() == "CANCELLED"
    assert "enough" in site.lab.manifest()["failure"]["reason"]


@pytest.mark.long
def test_what_a_job_keeps_in_scratch_comes_home_with_the_rest(site):
    scratch = site.far.with_name("node local")
    site.make('echo 2 >"$AUTOLAB_SCRATCH/large"', profile=f"    scratch: {json.dumps(str(scratch))}\n")
    site.launch()
    site.ended()

    site.look_until("update_docs")

    site.check_complete()
    assert (site.lab.run / "outputs/large").read_text() == "2\n"
    assert list(site.machine.seen(scratch).iterdir()) == []


def test_a_tree_that_is_not_its_commit_is_not_sent(site):
    site.make(LONG)
    site.lab.replace("job.sh", "sleep", "sleep 1;sleep")
    site.lab.approve()

    answer = site.launch()

    assert (answer.code, answer.json["outcome"]) == (1, "stay"), answer
    assert "job.sh" in answer.json["summary"]
    assert (site.jobs(), site.lab.run_ids()) == ([], [])


# --- the link


@pytest.mark.parametrize(
    ("moment", "program"),
    [
        ("after", "sbatch --parsable"),
        pytest.param("before", "sbatch --parsable", marks=pytest.mark.long),
        pytest.param("before", "checkout-index", marks=pytest.mark.long),
        pytest.param("after", "checkout-index", marks=pytest.mark.long),
        pytest.param("before", "sha256sum --", marks=pytest.mark.long),
        pytest.param("after", "mv -T -- tree.part tree", marks=pytest.mark.long),
        pytest.param("after", 'mkdir -p -- "$folder"', marks=pytest.mark.long),
    ],
)
def test_a_link_that_is_cut_during_a_launch_leaves_one_job(site, moment, program):
    site.make(OUTPUT)
    site.link.cut(moment, program)

    first = site.launch()
    fired = site.link.fired
    again = site.launch() if first.json["outcome"] == "stay" else first

    assert fired, site.link.commands
    assert (again.code, again.json["outcome"]) == (0, "advance"), (first, again)
    if program.startswith("sbatch") and moment == "after":
        assert first.json["outcome"] == "advance", first  # found by its token, at once
    assert len(site.jobs()) == 1
    assert site.ended() == "COMPLETED"
    site.look_until("update_docs")
    site.check_complete()


def test_a_host_that_is_away_is_no_state_of_a_job_and_begins_none(site):
    site.make(f"{OUTPUT}; sleep 2")
    other = twin_of(site, "other")
    site.launch()
    site.server.kill()

    begun = other.lab.start("launch", "--remote", "there", "--json")  # both wait for the host, so both at once
    away, logs = site.do("monitor", "--json"), site.do("logs")
    refused = finish(begun)

    assert (refused.code, refused.json["outcome"]) == (1, "stay"), refused
    assert "Connection refused" in refused.json["summary"]
    assert "autolab remote check there" in refused.json["advice"]
    assert other.lab.run_ids() == []
    assert away.json["outcome"] == "stay", away
    assert "Connection refused" in away.json["summary"]
    assert "autolab remote check there" in away.json["advice"]
    assert (logs.code, logs.stdout) == (2, ""), logs
    assert "they cannot be read now: " in logs.stderr
    assert site.lab.manifest()["status"] not in {"failed", "completed"}
    site.server.start()
    site.look_until("update_docs")
    site.check_complete()


def test_a_link_that_is_cut_while_the_files_come_home_keeps_the_stage_until_they_are_here(site):
    site.make(OUTPUT)
    site.launch()
    site.ended()
    away = site.tree.rename(site.tree.with_name("away"))

    outcomes = []
    for _ in range(60):
        answer = site.do("monitor", "--json")
        outcomes.append(answer.json["outcome"])
        if outcomes[-1] != "stay":
            break
        time.sleep(0.5)

    manifest = site.lab.manifest()
    sync = manifest["artifact_sync_to_local"]
    assert (outcomes[-1], site.lab.state()["stage"]) == ("needs_retry", "slurm_monitor"), answer
    assert (manifest["status"], sync["status"], sync["failed_attempts"]) == ("running", "failed", 1)
    assert "is no folder there" in sync["diagnosis"]
    away.rename(site.tree)
    site.look_until("update_docs")
    site.check_complete()


@pytest.mark.long
def test_files_that_never_come_are_a_person_s_to_see_to(site):
    site.make(OUTPUT)
    site.launch()
    site.ended()
    site.tree.rename(site.tree.with_name("away"))

    outcomes = site.look_until("human_review")

    asked = [outcome for _, outcome, _ in outcomes if outcome != "stay"]
    limit = site.lab.state()["max_stage_attempts"]
    assert asked == [*["needs_retry"] * limit, "human_review"], outcomes
    assert site.lab.manifest()["artifact_sync_to_local"]["failed_attempts"] == limit + 1
    assert site.lab.state()["history"][-1]["status"] == "human_review"


# --- the launch itself is killed


def test_a_launch_that_is_killed_behind_sbatch_finds_its_job(site):
    site.make(OUTPUT)
    whole = twin_of(site, "whole").do("launch", "--remote", "there", "--json", counted=True)
    calls = [number for number, effect in enumerate(whole.effects, 1) if "'ssh'" in effect and "Control" in effect]

    killed = site.do("launch", "--remote", "there", "--json", kill_at=calls[-1] + 1)

    assert (killed.code, site.lab.manifest()["job_id"], len(site.jobs())) == (-9, None, 1), killed
    check_taken_up(site)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_launch_that_is_killed_anywhere_is_taken_up_with_one_job(site):
    site.make(OUTPUT)
    whole = twin_of(site, "whole").do("launch", "--remote", "there", "--json", counted=True)
    count = len(whole.effects)

    for number in range(1, count + 1, max(1, count // 8)):
        other = twin_of(site, f"killed{number}")
        killed = other.do("launch", "--remote", "there", "--json", kill_at=number)
        assert killed.code == -9, (number, whole.effects[number - 1], killed)
        check_taken_up(other)
        other.lab.remove()


def check_taken_up(site):
    for _ in range(3):
        again = site.launch()
        if again.json["outcome"] == "advance" or "launched already" in again.json["summary"]:
            break
    assert len(site.jobs()) == 1, again
    assert site.ended() == "COMPLETED"
    site.look_until("update_docs")
    site.check_complete()


# --- replicates, and clocks


@pytest.mark.long
def test_each_replicate_s_files_come_home(site):
    made.make(site.lab, 2, OUTPUT)
    site.write_profile()  # git ignores the folder that it lies in, and all of it: none of it is sent

    launched = site.do("launch", "--remote", "there", "--run-id", "g1", "--json")
    assert launched.code == 0, launched
    site.look_until("update_docs")

    assert set(made.statuses(site.lab).values()) == {"completed"}
    for index in range(2):
        manifest = made.manifest(site.lab, f"g1-r{index}")
        assert manifest["artifact_sync_to_local"]["status"] == "ok"
        assert manifest["remote"]["tree_sha256"]
        run = site.lab.root / FOLDER / "runs" / f"g1-r{index}"
        assert (run / "outputs/it's one").read_text() == "1\n"


@pytest.mark.long
@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_an_hour_off_there_changes_nothing(site, make_ssh_host, hours):
    fake = site.machine.shared / f"fake{hours}"
    fake.mkdir()
    (fake / "date").write_text(f'#!/bin/sh\nexec /bin/date -d "{hours} hour" "$@"\n')
    (fake / "date").chmod(0o755)
    site.server = make_ssh_host(f'SetEnv PATH="{fake}:/usr/bin:/bin"', login=site.link.login, machine=site.machine)
    site.make(OUTPUT)

    assert site.launch().code == 0
    site.ended()
    site.look_until("update_docs")

    site.check_complete()
    offset = site.lab.manifest()["remote"]["clock_offset_seconds"]
    assert abs(offset + hours * 3600) < 60
