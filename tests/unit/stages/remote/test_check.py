"""What the answer of a far side means for runs."""

from __future__ import annotations

import attrs
import pytest

from autolab_core.models.remote import PullRules, PushRules, RemoteProfile
from autolab_core.stages.remote.check import judge, judge_clock
from autolab_core.stages.remote.probe import FarDisk, parse_answer
from autolab_core.vocab.remote import CheckLevel

PROFILE = RemoteProfile("cluster", "~/runs")
TEXT = """\
Welcome!
shell\t/bin/bash
umask\t0022
root.there\tyes
root.folder\t/home/ada/runs
root.writable\tyes
root.space\t/dev/sda1 1000000000 400000000 600000000 40% /home
root.inodes\t/dev/sda1 6000000 1000000 5000000 17% /home
python\t3.11.7
git\tgit version 2.39.5
rsync\trsync  version 3.2.7  protocol version 31
sha256sum\tsha256sum (GNU coreutils) 9.1
find\tfind (GNU findutils) 4.9.0
xargs\txargs (GNU findutils) 4.9.0
sinfo\tslurm-wlm 22.05.8
sbatch\tslurm-wlm 22.05.8
squeue\tslurm-wlm 22.05.8
sacct\tslurm-wlm 22.05.8
autolab-check\tdone
"""
GOOD = parse_answer(TEXT)


def without(name, profile=PROFILE):
    programs = {key: value for key, value in GOOD.programs.items() if key != name}
    return next(each for each in judge(attrs.evolve(GOOD, programs=programs), profile) if each.name == name)


def test_a_good_host():
    assert GOOD.root == FarDisk("/home/ada/runs", True, None, 600000000 * 1024, 1000000000 * 1024, 5000000)
    found = judge(GOOD, PROFILE)
    assert {each.level for each in found} == {CheckLevel.OK}
    assert all(not each.advice for each in found)
    assert found[0].detail == "/home/ada/runs, 614.4 GB free, 5000000 more files"


@pytest.mark.parametrize("text", ["", "Welcome!\n", TEXT.replace("autolab-check\tdone\n", ""), TEXT[: len(TEXT) // 2]])
def test_an_answer_that_did_not_arrive_whole_is_none(text):
    assert parse_answer(text) is None


def test_a_file_system_that_counts_no_inodes():
    assert parse_answer(TEXT.replace("6000000 1000000 5000000 17%", "0 0 0 -")).root.free_inodes is None


@pytest.mark.parametrize(
    ("name", "profile", "level", "advice"),
    [
        ("git", PROFILE, CheckLevel.PROBLEM, "or set `push.method: rsync`"),
        ("git", attrs.evolve(PROFILE, push=PushRules("rsync")), CheckLevel.OK, ""),
        ("rsync", PROFILE, CheckLevel.WARNING, "or set `pull.method: sftp`"),
        ("rsync", attrs.evolve(PROFILE, push=PushRules("rsync")), CheckLevel.PROBLEM, "or set `push.method: git`"),
        ("rsync", attrs.evolve(PROFILE, pull=PullRules("rsync")), CheckLevel.PROBLEM, "or set `pull.method: sftp`"),
        ("sha256sum", PROFILE, CheckLevel.PROBLEM, "it proves what was copied"),
        ("sbatch", PROFILE, CheckLevel.PROBLEM, "`activation`"),
        ("sacct", PROFILE, CheckLevel.WARNING, "`activation`"),
    ],
)
def test_a_program_that_is_missing(name, profile, level, advice):
    found = without(name, profile)
    assert (found.level, found.detail) == (level, "is not there")
    assert advice in found.advice


@pytest.mark.parametrize(
    ("change", "level", "words"),
    [
        ({"refusal": "No space left on device"}, CheckLevel.PROBLEM, "free some space"),
        ({"refusal": "Permission denied"}, CheckLevel.PROBLEM, "who owns the folder"),
        ({"free": 1 << 29}, CheckLevel.WARNING, "free some space"),
        ({"free_inodes": 9}, CheckLevel.WARNING, "free some space"),
        ({"free": None, "free_inodes": None}, CheckLevel.OK, ""),
    ],
)
def test_a_disk(change, level, words):
    found = judge(attrs.evolve(GOOD, root=attrs.evolve(GOOD.root, **change)), PROFILE)[0]
    assert (found.name, found.level) == ("root", level)
    assert words in found.advice


def test_an_interpreter_that_a_profile_names_has_to_be_there():
    answer = attrs.evolve(GOOD, python=None)
    (found,) = [each for each in judge(answer, PROFILE) if each.name == "python"]
    assert (found.level, found.detail) == (CheckLevel.WARNING, "python3 cannot be run")
    (found,) = [each for each in judge(answer, attrs.evolve(PROFILE, python="py")) if each.name == "python"]
    assert (found.level, found.detail) == (CheckLevel.PROBLEM, "py cannot be run")


@pytest.mark.parametrize(
    ("umask", "level"), [(0o022, "ok"), (0o077, "ok"), (0o002, "ok"), (0, "warning"), (None, "ok")]
)
def test_a_umask(umask, level):
    (found,) = [each for each in judge(attrs.evolve(GOOD, umask=umask), PROFILE) if each.name == "umask"]
    assert found.level == level


@pytest.mark.parametrize(
    ("date", "level", "words"),
    [
        ("1000.5\n", "ok", "as ours, as far as 0.5 s can tell"),
        ("1005.9\n", "ok", "as ours, as far as 5.4 s can tell"),
        ("4600.5\n", "warning", "ours is 3600.0 s behind theirs (± 0.5 s)"),
        ("900\n", "warning", "ours is 100.5 s ahead of theirs (± 0.5 s)"),
        ("1000.%N\n", "ok", "as ours"),
        ("%s\n", "warning", "date does not tell it"),
    ],
)
def test_a_clock(date, level, words):
    found = judge_clock(date, 1000.0, 1001.0)
    assert found.level == level
    assert words in found.detail
