"""An end that slurmctld knows of is waited for in the accounting, and not for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs
import pytest

from autolab_core.models.resources import Duration
from autolab_core.schedulers.markers import CancelRequest
from autolab_core.schedulers.slurm.catching_up import CATCH_UP_SECONDS
from autolab_core.schedulers.slurm.conclude import conclude
from autolab_core.schedulers.slurm.evidence import Heard, Silence, SlurmEvidence
from autolab_core.schedulers.slurm.job_ids import parse_id
from autolab_core.schedulers.slurm.parse.rows import ExitStatus, JobRow, StepRow
from autolab_core.schedulers.slurm.parse.scontrol import SiteConfig
from autolab_core.schedulers.slurm.states import read_state
from autolab_core.vocab.jobs import JobState

NOW = datetime(2026, 2, 1, 12, 0, 0, tzinfo=UTC)
ID = parse_id("7")
WELL = ExitStatus(0)


def step(state: str, name: str = "batch") -> StepRow:
    return StepRow(parse_id(f"7.{name}"), read_state(state), name)


def row(state: str = "COMPLETED", *, ended: float = 2, steps: tuple[StepRow, ...] = (), **more) -> JobRow:
    end = NOW - timedelta(seconds=ended)
    begun = end - timedelta(seconds=60)
    given = {"name": "t", "exit": WELL, "started": begun, "ended": end, "steps": steps}
    return JobRow(ID, read_state(state), **(given | more))


WHOLE = row(steps=(step("COMPLETED"),))
SILENT = Heard(silence=Silence.NOT_LISTED)


def told(queue: JobRow, *accounting: JobRow, **more):
    account = Heard(accounting, None) if accounting else more.pop("accounting", SILENT)
    return conclude(SlurmEvidence("t", ID, NOW, Heard((queue,), None), account, **more))


@pytest.mark.parametrize(
    "accounting",
    [
        (),
        (row(name="allocation", steps=(step("COMPLETED"),)),),
        (attrs.evolve(WHOLE, state=read_state("RUNNING"), ended=None),),
        (attrs.evolve(WHOLE, state=read_state("PENDING")),),
        (row(steps=(step("COMPLETED"), step("RUNNING", "0"))),),
        (row(),),
    ],
    ids=["nothing", "unnamed", "running", "pending", "a step that goes on", "no step"],
)
def test_an_accounting_that_is_behind_is_waited_for(accounting):
    seen = told(row(), *accounting)

    assert (seen.state, seen.exit_code, seen.accounting_due) == (JobState.COMPLETED, 0, True)
    assert not [note for note in seen.notes if "accounting" in note]


def test_an_accounting_that_has_it_all_is_not():
    assert not told(row(), WHOLE).accounting_due
    assert not told(row("FAILED", exit=ExitStatus(3)), row("FAILED", exit=ExitStatus(3))).accounting_due


@pytest.mark.parametrize("seconds", [CATCH_UP_SECONDS, 3600, -6, -86400])
def test_it_is_waited_for_only_so_long_and_a_clock_that_is_wrong_makes_it_no_longer(seconds):
    seen = told(row(ended=seconds))

    assert not seen.accounting_due
    assert [note for note in seen.notes if "steps or memory may be missing" in note]


@pytest.mark.parametrize("silence", [Silence.UNREACHABLE, Silence.GARBAGE])
def test_an_accounting_that_is_down_for_a_moment_is_waited_for(silence):
    assert told(row(), accounting=Heard(silence=silence)).accounting_due


@pytest.mark.parametrize(
    "more",
    [
        {"accounting": Heard(silence=Silence.UNAVAILABLE)},
        {"accounting": Heard(silence=Silence.NOT_ASKED)},
        {"config": SiteConfig(accounting=False)},
    ],
)
def test_where_there_is_no_accounting_nothing_is_waited_for(more):
    seen = told(row(), **more)

    assert not seen.accounting_due
    assert not [note for note in seen.notes if "missing" in note]


def test_the_accounting_of_an_earlier_attempt_is_not_that_of_the_last():
    earlier = row("NODE_FAIL", ended=40, submitted=NOW - timedelta(seconds=200))
    last = attrs.evolve(WHOLE, submitted=NOW - timedelta(seconds=30))

    assert told(row(restarts=1), earlier).accounting_due
    assert not told(row(restarts=1), earlier, last).accounting_due


def test_a_job_that_goes_on_waits_for_nothing():
    assert not told(row("RUNNING", ended=0, limit=Duration(600))).accounting_due


def test_who_cancelled_is_what_the_accounting_says():
    alone = told(row("CANCELLED", exit=ExitStatus(0, 15)))
    both = told(row("CANCELLED", exit=ExitStatus(0, 15)), row("CANCELLED by 1000"))
    other = told(row("CANCELLED", exit=ExitStatus(0, 15)), row("TIMEOUT"))

    assert alone.reason == other.reason == "cancelled"
    assert both.reason == "cancelled by user 1000"


def test_a_step_that_ran_out_of_memory_is_noted_when_the_accounting_says_so():
    seen = told(row(), row(steps=(step("COMPLETED"), step("OUT_OF_MEMORY", "0"))))

    assert [note for note in seen.notes if "ran out of memory" in note]


@pytest.mark.parametrize("state", ["BOOT_FAIL", "DEADLINE", "NODE_FAIL"])
@pytest.mark.parametrize("status", [ExitStatus(0, 1), ExitStatus(1)])
def test_the_1_that_slurm_writes_for_an_end_of_its_own_is_neither_a_code_nor_a_signal(state, status):
    seen = told(row(state, exit=status), row(state, exit=status))

    assert (seen.exit_code, seen.signal, "SIGHUP" in seen.reason) == (None, None, False)


def test_a_job_that_missed_its_deadline_while_it_waited_never_ran():
    queue = row("DEADLINE", exit=ExitStatus(0, 1))

    assert told(attrs.evolve(queue, started=queue.ended)).started_at is None
    assert told(queue).started_at is not None


@pytest.mark.parametrize(("token", "due"), [("t", False), ("another", True)], ids=["ours", "another job's"])
def test_a_cancellation_that_we_asked_for_waits_for_nobody(token, due):
    seen = told(row("CANCELLED"), cancel=CancelRequest(token, "changed my mind"))

    assert (seen.state, seen.accounting_due) == (JobState.CANCELLED, due)
