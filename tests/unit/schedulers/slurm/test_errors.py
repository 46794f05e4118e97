"""What Slurm's complaints mean, as it really wrote them, and which failed submission may have left a job."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.schedulers.slurm.errors import Complaint, Fate, classify, submission
from tests.unit.schedulers.slurm.recorded import answers


def recorded(command, case):
    found = [answer for answer in answers(case) if answer.argv[0] == command and answer.stderr]
    assert found
    return found


@pytest.mark.parametrize(
    ("command", "case", "complaint"),
    [
        ("squeue", "controller_down", Complaint.UNREACHABLE),
        ("squeue", "controller_hung", Complaint.UNREACHABLE),
        ("squeue", "munge_down", Complaint.UNREACHABLE),
        ("scontrol", "controller_down", Complaint.UNREACHABLE),
        ("sacct", "slurmdbd_down", Complaint.ACCOUNTING_UNREACHABLE),
        ("sacct", "slurmdbd_hung", Complaint.ACCOUNTING_UNREACHABLE),
        ("sacct", "database_down", Complaint.ACCOUNTING_UNREACHABLE),
        ("sacct", "munge_down", Complaint.ACCOUNTING_UNREACHABLE),
        ("sacct", "no_accounting", Complaint.ACCOUNTING_DISABLED),
        ("scontrol", "unknown_id", Complaint.INVALID_ID),
        ("scancel", "controller_hung", Complaint.UNREACHABLE),
        ("squeue", "not_configured", Complaint.MISCONFIGURED),
        ("sinfo", "not_configured", Complaint.MISCONFIGURED),
    ],
)
def test_a_fault_is_told_from_what_the_command_says(command, case, complaint):
    assert {classify(each.exit_code, each.stderr).complaint for each in recorded(command, case)} == {complaint}


@pytest.mark.parametrize(
    ("exit_code", "stderr", "complaint"),
    [
        (0, "", Complaint.NONE),
        (0, "sacct: error: Unknown type ArrayJobId: 5", Complaint.NONE),
        (1, "Slurm accounting storage is disabled", Complaint.ACCOUNTING_DISABLED),
        (1, "slurm_load_jobs error: Invalid job id specified", Complaint.INVALID_ID),
        (1, "sacct: fatal: Bad job/step specified: abc", Complaint.INVALID_ID),
        (210, "scancel: error: Kill job error on job id 27: Access/permission denied", Complaint.NOT_PERMITTED),
        (1, "squeue: unrecognized option '--bogus'", Complaint.MISUSED),
        (1, 'sacct: error: Invalid field requested: "Nope"', Complaint.MISUSED),
        (1, "sbatch: error: Batch job submission failed: Invalid qos specification", Complaint.REFUSED),
        (1, "", Complaint.UNCLEAR),
        (1, "Segmentation fault", Complaint.UNCLEAR),
        # A munge of another key, as it was seen with 22.05.8.
        (1, "slurm_load_jobs error: Zero Bytes were transmitted or received", Complaint.UNREACHABLE),
        (239, "sacct: error: Sending PersistInit msg: Protocol authentication error", Complaint.ACCOUNTING_UNREACHABLE),
        (-9, "", Complaint.UNCLEAR),
        (255, "Connection to 127.0.0.1 closed by remote host.", Complaint.UNCLEAR),
    ],
)
def test_a_sentence_has_one_meaning(exit_code, stderr, complaint):
    assert classify(exit_code, stderr.encode()).complaint is complaint


def test_an_answer_of_munge_that_ends_with_0_is_no_answer():
    ended_well = [each for each in recorded("squeue", "munge_down") if each.exit_code == 0]

    assert ended_well
    assert classify(0, ended_well[0].stderr).complaint is Complaint.UNREACHABLE


@pytest.mark.parametrize(
    "answer",
    [each for each in answers("refused") if each.argv[0] == "sbatch" and each.exit_code and each.stderr],
    ids=lambda each: each.place,
)
def test_what_slurm_refused_is_refused_and_says_why(answer):
    result = submission(answer.exit_code, answer.stdout, answer.stderr)

    unknown_cluster = "nosuch" in answer.stderr.decode() and "cluster" in answer.stderr.decode()
    assert result.fate is (Fate.NOT_SENT if unknown_cluster else Fate.REFUSED)
    assert result.reason
    assert "sbatch:" not in result.reason or unknown_cluster


@pytest.mark.parametrize("case", ["accounts_enforced"])
def test_what_the_accounting_forbids_is_refused(case):
    assert {submission(each.exit_code, each.stdout, each.stderr).fate for each in recorded("sbatch", case)} == {
        Fate.REFUSED
    }


@pytest.mark.parametrize(
    ("case", "fate"),
    [
        ("controller_hung", Fate.UNCLEAR),
        ("controller_down", Fate.NOT_SENT),
        ("munge_down", Fate.NOT_SENT),
        ("not_configured", Fate.NOT_SENT),
    ],
)
def test_a_submission_into_a_fault(case, fate):
    failed = [each for each in recorded("sbatch", case) if each.exit_code]

    assert failed
    assert {submission(each.exit_code, each.stdout, each.stderr).fate for each in failed} == {fate}


@pytest.mark.parametrize(
    ("exit_code", "stdout", "stderr", "fate"),
    [
        (0, "12\n", "", Fate.ACCEPTED),
        (0, "Submitted batch job 12\n", "", Fate.ACCEPTED),
        (1, "12\n", "sbatch: error: something after it", Fate.ACCEPTED),
        (-9, "12;c1\n", "", Fate.ACCEPTED),
        (0, "", "", Fate.UNCLEAR),
        (0, "Welcome\n", "", Fate.UNCLEAR),
        (1, "12\n13\n", "sbatch: error: Batch job submission failed: Invalid qos specification", Fate.UNCLEAR),
        (1, "Welcome\n", "sbatch: error: Batch job submission failed: Invalid qos specification", Fate.REFUSED),
        (-15, "", "", Fate.UNCLEAR),
        (-9, "", "sbatch: error: Batch job submission failed: Invalid qos specification", Fate.UNCLEAR),
        (
            1,
            "",
            "temporarily unable to accept job\nBatch job submission failed: Resource temporarily unavailable",
            Fate.NOT_SENT,
        ),
        (1, "", "", Fate.UNCLEAR),
        (1, "", "sbatch: error: Batch job submission failed: Zero Bytes were transmitted or received", Fate.UNCLEAR),
        (255, "", "Connection to 127.0.0.1 closed by remote host.", Fate.UNCLEAR),
        (1, "", "sbatch: error: Batch job submission failed: An error of tomorrow", Fate.UNCLEAR),
        (1, "", "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation", Fate.UNCLEAR),
        (1, "", "sbatch: error: Batch job submission failed: Resource temporarily unavailable", Fate.UNCLEAR),
        (
            1,
            "",
            "Batch job submission failed: Unable to contact slurm controller (connect failure)\nSocket timed out",
            Fate.UNCLEAR,
        ),
    ],
)
def test_whether_there_may_be_a_job(exit_code, stdout, stderr, fate):
    assert submission(exit_code, stdout.encode(), stderr.encode()).fate is fate


@given(st.integers(-64, 255), st.binary(), st.binary())
def test_any_answer_has_a_meaning_and_no_noise_is_a_refusal(exit_code, stdout, stderr):
    result = submission(exit_code, stdout, stderr)

    assert (result.id is not None) == (result.fate is Fate.ACCEPTED)
    assert result.fate in {Fate.ACCEPTED, Fate.UNCLEAR}
    assert "\n" not in classify(exit_code, stderr).reason
