"""``autolab experiment render``: the prompt of a spec, in a repository as a user has it."""

from __future__ import annotations

import hashlib
import json

import pytest

from autolab_core.io.layout import prompt_template
from tests.unit.cli.test_experiment_advise import BACKENDS, SPEC, TEXT

PROMPT = ".autolab/prompts/rendered/run_experiment.md"
CONTEXT = ".autolab/prompts/rendered/run_experiment.context.json"


@pytest.fixture
def rendered(here, empty):
    """Render the prompt of a spec, with a back end in the policy where *policy* says so."""

    def render(*options: str, policy: str = "", command: str = "python train.py --full"):
        text = TEXT.replace("PROFILE", "memory: 1M").replace("python train.py --full", command)
        (empty / SPEC).write_text(text)
        (empty / ".autolab/verifier_policy.yaml").write_text(f"compute:\n{policy}" if policy else "{}\n")
        return here("experiment", "render", SPEC, *options, cwd=empty)

    return render


def test_prompt_and_context_are_written_and_belong_together(rendered, empty):
    answer = rendered("--json")

    assert answer.code == 0
    prompt, context = (empty / PROMPT).read_text(), json.loads((empty / CONTEXT).read_text())
    assert answer.json == {"prompt": PROMPT, "context": CONTEXT, "prompt_sha256": context["prompt_sha256"]}
    assert context["prompt_sha256"] == hashlib.sha256(prompt.encode()).hexdigest()
    assert context["spec"]["sha256"] == hashlib.sha256((empty / SPEC).read_bytes()).hexdigest()
    assert (context["results_path"], context["compute_advisory"]) == ("results/exp-001-momentum", None)
    assert "{{" not in prompt
    assert f"autolab experiment run {SPEC}" in prompt


def test_the_advisory_stands_in_the_prompt_with_its_heading(rendered, empty):
    printed = rendered("--print", policy=BACKENDS).out

    assert printed == (empty / PROMPT).read_text()
    assert "\n## Cloud Availability Note\n" in printed
    assert json.loads((empty / CONTEXT).read_text())["compute_advisory"]["section"].rstrip() in printed


def test_a_template_of_the_repository_is_taken(rendered, empty):
    template = empty / prompt_template("run_experiment")
    template.parent.mkdir(parents=True, exist_ok=True)
    template.write_text("Do {{spec_id}}, into {{results_path}}.\n{{compute_advisory}}\n")

    assert rendered("--print").out == "Do exp-001-momentum, into results/exp-001-momentum.\n"


@pytest.mark.parametrize(
    ("body", "words"),
    [("Do {{specs}}.\n", "stage_run_experiment.md:1"), ("Do {{iteration_id}}.\n", "iteration_id")],
)
def test_a_token_that_is_not_known_is_refused_before_anything_is_written(rendered, empty, body, words):
    path = empty / prompt_template("run_experiment")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(body)

    answer = rendered()

    assert answer.code == 2
    assert words in answer.err
    assert answer.err.count("\n") == 1
    assert not (empty / PROMPT).exists()


@pytest.mark.parametrize(
    ("policy", "command"),
    [(BACKENDS.replace("batch,", "<RUN_ID>,"), "python train.py"), (BACKENDS, "python train.py --run <RUN_ID>")],
)
def test_a_literal_placeholder_in_what_is_inserted_is_refused(rendered, empty, policy, command):
    answer = rendered(policy=policy, command=command)

    assert answer.code == 2
    assert "placeholder <RUN_ID>" in answer.err
    assert answer.err.count("\n") == 1
    assert not (empty / PROMPT).exists()


def test_a_spec_with_problems_is_told_with_its_line(here, empty):
    (empty / SPEC).write_text(TEXT.replace("PROFILE", "cpus: many"))

    answer = here("experiment", "render", SPEC, cwd=empty)

    assert answer.code == 2
    assert f"{SPEC}:" in answer.err
