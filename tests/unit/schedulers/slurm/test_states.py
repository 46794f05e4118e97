"""Slurm's words, in every form in which a command writes them."""

from __future__ import annotations

import importlib.util

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.schedulers.slurm.states import TABLE, Kind, read_state
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState
from tests.architecture.house import ROOT

BASES = [word for word in TABLE if word.kind is Kind.STATE]
FLAGS = [word for word in TABLE if word.kind is not Kind.STATE]

# What squeue(1) of Slurm 22.05 lists under "JOB STATE CODES".
LISTED = {
    "BF": "BOOT_FAIL",
    "CA": "CANCELLED",
    "CD": "COMPLETED",
    "CF": "CONFIGURING",
    "CG": "COMPLETING",
    "DL": "DEADLINE",
    "F": "FAILED",
    "NF": "NODE_FAIL",
    "OOM": "OUT_OF_MEMORY",
    "PD": "PENDING",
    "PR": "PREEMPTED",
    "R": "RUNNING",
    "RD": "RESV_DEL_HOLD",
    "RF": "REQUEUE_FED",
    "RH": "REQUEUE_HOLD",
    "RQ": "REQUEUED",
    "RS": "RESIZING",
    "RV": "REVOKED",
    "SI": "SIGNALING",
    "SE": "SPECIAL_EXIT",
    "SO": "STAGE_OUT",
    "ST": "STOPPED",
    "S": "SUSPENDED",
    "TO": "TIMEOUT",
}
DECORATIONS = [
    "{0}",
    " {0}\n",
    "{0}*",
    "{0}+",
    "[{0}]",
    '["{0}"]',
    '"{0}"',
    "{0} by 1000",
]


def test_every_documented_code_is_in_the_table():
    assert {word.code: word.name for word in TABLE if word.code} == LISTED


def test_no_word_and_no_code_stands_for_two_things():
    names = [word.name for word in TABLE] + [word.code for word in TABLE if word.code]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("decoration", DECORATIONS)
@pytest.mark.parametrize("word", TABLE, ids=lambda word: word.name)
def test_a_word_is_read_in_every_decoration_and_case(word, decoration):
    for spelling in (word.name, word.name.lower(), word.name.title()):
        state = read_state(decoration.format(spelling))

        assert (state.base or state.flags[0], state.strange) == (word.name, ())
        assert state.means is word.means


@pytest.mark.parametrize("word", [word for word in TABLE if word.code], ids=lambda word: word.name)
def test_a_short_code_is_its_word(word):
    assert read_state(word.code)[1:] == read_state(word.name)[1:] == read_state(word.code.lower())[1:]


@pytest.mark.parametrize("word", TABLE, ids=lambda word: word.name)
def test_a_name_that_was_cut_to_the_width_of_a_column_is_read(word):
    cut = word.name if len(word.name) <= 10 else f"{word.name[:9]}+"

    assert read_state(cut)[1:] == read_state(word.name)[1:]


@pytest.mark.parametrize("text", ["REQUEUE_+", "RES+", "S+", "R+", "+", "COMPL+"])
def test_a_beginning_that_several_words_share_is_unknown(text):
    assert read_state(text).means is JobState.UNKNOWN


def test_who_cancelled_is_kept():
    assert read_state("CANCELLED by 1000")[1:] == ("CANCELLED", (), "1000", ())
    assert read_state("cancelled BY alice")[1:] == ("CANCELLED", (), "alice", ())


@pytest.mark.parametrize("base", BASES, ids=lambda word: word.name)
@pytest.mark.parametrize("flag", FLAGS, ids=lambda word: word.name)
def test_several_words_are_read_in_every_way_of_writing_them(base, flag):
    both = (base.name, flag.name)
    states = [
        read_state(list(both)),
        *(read_state(mark.join(both)) for mark in (",", "|", " ", ", ", "|\n")),
        read_state(f'["{base.name}", "{flag.name}"]'),
        read_state([flag.name, base.code]),
    ]

    assert {state[1:] for state in states} == {(base.name, (flag.name,), "", ())}


@pytest.mark.parametrize(
    ("words", "means"),
    [
        (["COMPLETED", "COMPLETING"], JobState.RUNNING),
        (["FAILED", "COMPLETING"], JobState.RUNNING),
        (["RUNNING", "CONFIGURING"], JobState.PENDING),
        (["RUNNING", "CONFIGURING", "POWER_UP_NODE"], JobState.PENDING),
        (["RUNNING", "POWER_UP_NODE"], JobState.RUNNING),
        (["PENDING", "REQUEUED"], JobState.PENDING),
        (["NODE_FAIL", "REQUEUED"], JobState.PENDING),
        (["FAILED", "SPECIAL_EXIT"], JobState.PENDING),
        (["PENDING", "LAUNCH_FAILED"], JobState.PENDING),
        (["FAILED", "LAUNCH_FAILED"], JobState.FAILED),
        (["CANCELLED", "SIGNALING"], JobState.CANCELLED),
        (["COMPLETED", "RESIZING"], JobState.COMPLETED),
        (["CANCELLED", "REVOKED"], JobState.UNKNOWN),
        (["RUNNING", "STOPPED"], JobState.RUNNING),
        (["FAILED", "COMPLETING", "REQUEUED"], JobState.RUNNING),
        (["COMPLETED", "A_FLAG_OF_TOMORROW"], JobState.UNKNOWN),
        (["RUNNING", "A_FLAG_OF_TOMORROW"], JobState.RUNNING),
        (["RUNNING", "COMPLETED"], JobState.UNKNOWN),
    ],
)
def test_what_several_words_mean_together(words, means):
    assert read_state(words).means is means


@pytest.mark.parametrize("text", ["", " ", "?", "INVALID", "DONE", "42", "by 3", "\x00", "٣", "COMPLETE D"])
def test_what_is_no_word_of_slurms_is_unknown_and_kept(text):
    state = read_state(text)

    assert (state.means, state.text) == (JobState.UNKNOWN, text)


@given(st.text() | st.lists(st.text()))
def test_nothing_but_a_known_word_ends_a_job(said):
    state = read_state(said)

    assert state.means not in ENDED_JOB_STATES or (state.base and not state.strange)


def test_the_word_to_show_is_the_one_that_decided():
    assert read_state("OUT_OF_ME+").native == "OUT_OF_MEMORY"
    assert read_state(["FAILED", "COMPLETING"]).native == "COMPLETING"
    assert read_state("SI").native == "SIGNALING"
    assert read_state("tomorrow").native == "tomorrow"


def generator():
    path = ROOT / "scripts/generate_status_page.py"
    spec = importlib.util.spec_from_file_location("generate_status_page", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_the_words_is_made_from_the_table():
    assert (ROOT / "docs/status.md").read_text() == generator().page()
