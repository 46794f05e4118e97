"""``autolab render`` as a user types it, and the prompts of ``autolab init``."""

from __future__ import annotations

import hashlib
import json

import pytest

from autolab_core.io.layout import PROMPTS_SHIPPED
from tests.unit.cli.conftest import autolab
from tests.unit.repositories import snapshot

PROMPT, CONTEXT = ".autolab/prompts/rendered/launch.md", ".autolab/prompts/rendered/launch.context.json"


def test_render_writes_the_pair_and_says_where(here, empty):
    answer = here("render", "launch", "--run", "r1", cwd=empty)

    assert (answer.code, answer.out) == (0, f"wrote {PROMPT}\nwrote {CONTEXT}\n")
    assert json.loads((empty / CONTEXT).read_text())["run"]["id"] == "r1"


def test_render_prints_the_prompt_when_asked_to(here, empty):
    answer = here("render", "launch", "--run", "r1", "--print", cwd=empty)

    assert answer.out == (empty / PROMPT).read_text()


def test_render_as_json_names_the_files_and_has_the_text_only_when_asked_to(here, empty):
    plain = here("render", "launch", "--run", "r1", "--json", cwd=empty).json
    whole = here("render", "launch", "--run", "r1", "--json", "--print", cwd=empty).json

    assert (plain["stage"], plain["run_id"], plain["prompt"], plain["context"]) == ("launch", "r1", PROMPT, CONTEXT)
    assert whole == {**plain, "text": (empty / PROMPT).read_text()}


def test_render_takes_the_stage_of_the_state(here, finished):
    answer = here("render", cwd=finished)

    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines()[0] == "wrote .autolab/prompts/rendered/update_docs.md"


@pytest.mark.parametrize("stage", ["slurm_monitor", "extract_results"])
def test_a_finished_run_s_prompts_can_be_rendered(here, finished, stage):
    answer = here("render", stage, "--print", cwd=finished)

    assert answer.code == 0
    assert "{{" not in answer.out
    assert "`experiments/plan/iter_a/runs/r1`" in answer.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["laun"], "no stage is called 'laun'; is launch meant?"),
        (["zzz"], "stages are hypothesis, design, "),
        (["run_experiment"], "run_experiment is no stage"),
        (["launch", "--run", "<RUN_ID>"], "unresolved placeholder <RUN_ID>"),
        (["launch", "--iteration", "nope"], "iteration 'nope' has no folder"),
        (["--check", "launch"], "--check looks at all templates"),
        (["--check", "--print"], "--check looks at all templates"),
    ],
)
def test_what_cannot_be_rendered_is_one_line_and_nothing_is_written(here, empty, arguments, said):
    answer = here("render", *arguments, cwd=empty)

    assert (answer.code, answer.out) == (2, "")
    assert answer.err.count("\n") == 1
    assert said in answer.err
    assert not (empty / ".autolab/prompts/rendered").exists()


def test_a_prompt_that_cannot_be_rendered_leaves_the_one_before(here, empty):
    here("render", "launch", "--run", "r1", cwd=empty)
    (empty / ".autolab/prompts/stage_launch.md").write_text("one\n{{run_idd}}\n")
    before = snapshot(empty / ".autolab/prompts")

    answer = here("render", "launch", "--run", "r2", cwd=empty)

    assert answer.code == 2
    assert answer.err == ("autolab: .autolab/prompts/stage_launch.md:2: no token is called run_idd; is run_id meant?\n")
    assert snapshot(empty / ".autolab/prompts") == before


def test_a_check_writes_nothing_and_says_that_all_is_well(here, empty):
    before = snapshot(empty)

    answer = here("render", "--check", cwd=empty)

    assert (answer.code, answer.out) == (0, "21 templates and shared parts, no problems\n")
    assert snapshot(empty) == before


def test_a_check_lists_what_is_wrong_and_ends_with_1(here, empty):
    (empty / ".autolab/prompts/stage_launch.md").write_text("{{nope}}\n")

    plain, document = (here("render", "--check", *more, cwd=empty) for more in ((), ("--json",)))

    assert plain.code == document.code == 1
    assert plain.out.splitlines()[0].startswith(".autolab/prompts/stage_launch.md:1: no token is called nope")
    assert plain.out.splitlines()[1] == "21 templates and shared parts, 1 problem"
    assert document.json["problems"][0] == {
        "path": ".autolab/prompts/stage_launch.md",
        "line": 1,
        "message": document.json["problems"][0]["message"],
    }


def test_init_keeps_an_edited_prompt_and_prints_how_it_differs(here, empty):
    path = ".autolab/prompts/shared/checklist.md"
    (empty / path).write_text("mine\n")

    plain = here("init", "--upgrade-prompts", cwd=empty)
    document = here("init", "--upgrade-prompts", "--json", cwd=empty).json

    assert f"kept {path}, which was edited; from it to the shipped one:\n--- {path}\n" in plain.out
    assert [each["path"] for each in document["kept"]] == [path]
    assert (empty / path).read_text() == "mine\n"


def test_prompts_of_an_earlier_autolab_are_said_and_replaced_where_nobody_edited_them(here, empty):
    record = empty / PROMPTS_SHIPPED
    installed = json.loads(record.read_text())
    old, edited = sorted(installed["files"])[:2]
    for path in (old, edited):
        (empty / path).write_text("as it was shipped once\n")
        installed["files"][path] = hashlib.sha256((empty / path).read_bytes()).hexdigest()
    record.write_text(json.dumps(installed))
    (empty / edited).write_text("mine\n")

    plain, document = here("init", cwd=empty), here("init", "--json", cwd=empty).json
    assert plain.out.splitlines()[-1].startswith("note: 1 prompts are of an earlier Autolab")
    assert (document["older"], document["written"]) == ([old], [])

    upgraded = here("init", "--upgrade-prompts", "--json", cwd=empty).json
    assert (old in upgraded["written"], [each["path"] for each in upgraded["kept"]]) == (True, [edited])
    assert ((empty / old).read_text() == "as it was shipped once\n", (empty / edited).read_text()) == (False, "mine\n")
    assert "older" not in here("init", "--json", cwd=empty).json


def test_a_launch_by_command_leaves_the_prompts_of_its_stages(finished):
    rendered = sorted(path.name for path in (finished / ".autolab/prompts/rendered").iterdir())

    assert rendered == ["launch.context.json", "launch.md", "slurm_monitor.context.json", "slurm_monitor.md"]


def test_a_prompt_goes_down_a_pipe(launchable):
    answer = autolab("render", "launch", "--print", cwd=launchable.root)

    assert answer.code == 0
    assert answer.out.startswith("# Stage: launch\n")
