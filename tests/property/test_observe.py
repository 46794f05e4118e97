"""Whatever a scheduler says in whatever order, at whatever time of a clock: a manifest only moves as runs may."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import attrs
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.models.job import JobObservation
from autolab_core.models.manifest import RunManifest, StatusChange, Submission, Timestamps
from autolab_core.stages.observe import advance
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState
from autolab_core.vocab.states import LEGAL_RUN_MOVES, HostMode, RunStatus
from autolab_core.vocab.times import format_utc, parse_timestamp

NOON = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
MOMENTS = st.integers(-100_000, 100_000).map(lambda seconds: NOON + timedelta(seconds=seconds))
TIMES = st.none() | MOMENTS.map(format_utc)
OBSERVATIONS = st.builds(
    JobObservation,
    st.sampled_from(JobState),
    st.none() | st.sampled_from([0, 1, 137]),
    st.text(max_size=10),
    TIMES,
    TIMES,
    st.booleans(),
)
SEEN = st.lists(st.tuples(OBSERVATIONS, MOMENTS), max_size=8)


STATUSES = st.sampled_from(RunStatus)


@st.composite
def manifests(draw, statuses=STATUSES):
    status = draw(statuses)
    host_mode = draw(st.sampled_from([HostMode.LOCAL, HostMode.SLURM]))
    at = format_utc(NOON)
    return RunManifest(
        "r1",
        "iter_a",
        status,
        host_mode=host_mode,
        job_id="4242" if host_mode is HostMode.SLURM else None,
        timestamps=Timestamps(created_at=at, completed_at=at if status.ended else None),
        submission=Submission("t"),
        history=(StatusChange(at, status, "made"),),
    )


def times_of(manifest):
    found = manifest.timestamps
    return [parse_timestamp(each) for each in (found.created_at, found.started_at, found.completed_at) if each]


@given(manifests(), SEEN)
def test_every_move_is_legal_and_on_record(manifest, seen):
    for observation, now in seen:
        before, manifest = manifest, advance(manifest, observation, now)
        new = manifest.history[len(before.history) :]

        assert manifest.history[: len(before.history)] == before.history
        path = [before.status, *(entry.status for entry in new)]
        assert all(after in LEGAL_RUN_MOVES[at] for at, after in itertools.pairwise(path))
        assert path[-1] is manifest.status


@given(manifests(), SEEN)
def test_times_stay_in_order_even_when_the_clock_goes_back(manifest, seen):
    for observation, now in seen:
        manifest = advance(manifest, observation, now)
    history = [parse_timestamp(entry.at) for entry in manifest.history]

    assert times_of(manifest) == sorted(times_of(manifest))
    assert history == sorted(history)
    assert (manifest.timestamps.completed_at is not None) == manifest.status.ended


@given(manifests(st.sampled_from([status for status in RunStatus if status.ended])), OBSERVATIONS, MOMENTS)
def test_a_run_that_has_ended_is_not_changed_by_what_is_seen_later(manifest, observation, now):
    after = advance(manifest, observation, now)

    assert attrs.evolve(after, scheduler=manifest.scheduler) == manifest
    assert set(after.scheduler or {}) <= {"note"}


@given(manifests(), OBSERVATIONS, MOMENTS)
def test_an_unknown_state_changes_nothing_but_a_note(manifest, observation, now):
    after = advance(manifest, attrs.evolve(observation, state=JobState.UNKNOWN), now)

    assert after == attrs.evolve(manifest, scheduler={"note": observation.reason})


@given(manifests(), OBSERVATIONS, MOMENTS)
def test_a_job_that_is_not_listed_is_never_done(manifest, observation, now):
    after = advance(manifest, attrs.evolve(observation, state=JobState.ABSENT), now)

    assert after.status in {manifest.status, RunStatus.FAILED}
    if manifest.host_mode is HostMode.SLURM:
        assert after.status is manifest.status


@given(manifests(), SEEN)
def test_only_extraction_and_synchronisation_say_completed_or_synced(manifest, seen):
    first = manifest.status
    for observation, now in seen:
        manifest = advance(manifest, observation, now)

    assert manifest.status not in {RunStatus.COMPLETED, RunStatus.PARTIAL, RunStatus.SYNCED} - {first}


@given(manifests(st.sampled_from([RunStatus.SUBMITTED, RunStatus.RUNNING])), OBSERVATIONS, MOMENTS)
def test_an_end_that_is_no_success_fails_the_run_and_says_why_and_what_to_do(manifest, observation, now):
    after = advance(manifest, observation, now)

    well = observation.state is JobState.COMPLETED and observation.exit_code == 0
    if observation.state in ENDED_JOB_STATES:
        assert (after.status is RunStatus.FAILED) == (not well)
    if after.status is RunStatus.FAILED:
        assert after.failure.reason
        assert after.failure.advice
        assert after.failure.native_state == observation.state


@given(manifests(), OBSERVATIONS, MOMENTS)
def test_seeing_the_same_again_changes_nothing(manifest, observation, now):
    once = advance(manifest, observation, now)

    assert advance(once, observation, now + timedelta(days=1)) == once
