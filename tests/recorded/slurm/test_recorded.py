"""What was recorded is whole: every case of the table, every answer in its form."""

from __future__ import annotations

import json

import pytest

from tests.recorded.slurm.questions import JSON_BYTES
from tests.recorded.slurm.record import CASES, FOLDER

RECORDED = [folder for folder in FOLDER.iterdir() if folder.name.startswith("slurm-") and folder.is_dir()]
FORM = {"argv": list, "exit_code": int, "stdout": str, "stderr": str}


@pytest.mark.parametrize("folder", RECORDED, ids=lambda folder: folder.name)
def test_every_case_was_recorded_and_no_other(folder):
    assert sorted(case.name for case in folder.iterdir()) == sorted(CASES)


def test_every_folder_is_a_version_that_was_recorded():
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir() and path.name != "__pycache__"}

    assert folders == {folder.name for folder in RECORDED} != set()


@pytest.mark.parametrize("folder", RECORDED, ids=lambda folder: folder.name)
def test_every_answer_has_the_same_form_and_is_small(folder):
    answers = {path: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*/*.json")}
    forms = {path: {key: type(value) for key, value in answer.items()} for path, answer in answers.items()}

    assert {path for path, form in forms.items() if form != FORM} == set()
    assert {path for path, answer in answers.items() if len(answer["stdout"]) >= JSON_BYTES} == set()
