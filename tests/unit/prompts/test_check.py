"""Every token is known and has a value, or the template, the line and the token are named."""

from __future__ import annotations

import pytest

from autolab_core.io.tree import Tree
from autolab_core.prompts import problems_of, render_text
from autolab_core.prompts.shipped_files import SHIPPED_TEMPLATES, shipped_paths, shipped_source
from autolab_core.prompts.sources import Sources
from autolab_core.prompts.template import Use
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.states import Stage
from autolab_core.vocab.tokens import EXPERIMENT, SHARED_PARTS, TEMPLATES, TOKENS, nearest, tokens_of

SHARED = ".autolab/prompts/shared"
VALUES = {name: f"value of {name}" for name in TOKENS}


@pytest.fixture
def put(tmp_path):
    def write(path, text):
        target = tmp_path / ".autolab/prompts" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return tmp_path

    return write


def refusal(root, name="launch", **values):
    with pytest.raises(DocumentError) as caught:
        render_text(Tree(str(root)), name, VALUES | values)
    return str(caught.value)


def problems(root):
    return [f"{path}:{line}: {message}" for path, line, message in problems_of(Tree(str(root)))[1]]


@pytest.mark.parametrize("name", SHIPPED_TEMPLATES)
def test_a_shipped_template_resolves_whole(tmp_path, name):
    text, parts = render_text(Tree(str(tmp_path)), name, VALUES)

    assert "{{" not in text
    assert all(part.shipped for part in parts)


def test_the_shipped_stages_use_every_shared_part_and_name_their_run(tmp_path):
    prompts = {name: Sources(Tree(str(tmp_path))).prompt(name) for name in SHIPPED_TEMPLATES if name != EXPERIMENT}

    assert {file for prompt in prompts.values() for file in prompt.shared} == set(SHARED_PARTS)
    for name, prompt in prompts.items():
        used = {piece.name for line in prompt.template.lines for piece in line.pieces if isinstance(piece, Use)}
        assert ({"run_id", "iteration_id"} & set(tokens_of(name))) <= used


def test_every_shipped_path_has_a_file_and_nothing_else_has():
    assert all(shipped_source(path) for path in shipped_paths())
    assert shipped_source(f"{SHARED}/other.md") is None
    assert shipped_source(f"{SHARED}/../__init__.py") is None


def test_every_token_says_what_it_means_and_is_known_somewhere():
    assert all(token.meaning and token.templates <= set(TEMPLATES) for token in TOKENS.values())
    assert {"iteration_id", "iteration_path", "run_id", "launch_mode", "stage_context"} <= set(tokens_of(Stage.LAUNCH))


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_of_every_token_and_every_shared_part_resolves(put, name):
    parts = [f"{{{{shared:{part}}}}}" for part in SHARED_PARTS if "run_id" in tokens_of(name)]
    lines = [f"{token}: {{{{{token}}}}}." for token in tokens_of(name)]
    root = put(f"stage_{name}.md", "\n\n".join([*lines, *parts]))

    text, used = render_text(Tree(str(root)), name, VALUES)

    assert "{{" not in text
    assert [token for token in tokens_of(name) if f"{token}: value of {token}." not in text] == []
    assert {part.path.rpartition("/")[2] for part in used} >= {file for file in SHARED_PARTS if parts}


def test_an_unknown_token_is_named_with_line_and_the_nearest_name(put):
    assert refusal(put("stage_launch.md", "a\nb {{iteration_idd}}\n")) == (
        ".autolab/prompts/stage_launch.md:2: no token is called iteration_idd; is iteration_id meant?"
    )


def test_a_name_that_is_like_no_other_brings_all_that_are_known(put):
    assert "known are experiment_id, iteration_id, " in refusal(put("stage_launch.md", "{{zzzzzz}}"))


def test_a_token_of_another_stage_is_named_with_those_that_know_it(put):
    said = refusal(put("stage_design.md", "{{run_id}}"), "design")

    assert "token run_id is not known in design, but in launch, slurm_monitor, " in said


def test_a_token_in_a_shared_part_is_named_by_the_part(put):
    put("shared/guardrails.md", "x\n\n{{nope}}\n")

    assert refusal(put("stage_launch.md", "{{shared:guardrails.md}}")).startswith(f"{SHARED}/guardrails.md:3: ")


def test_an_empty_value_is_refused_with_template_line_and_token(put):
    root = put("stage_launch.md", "a\n\n{{run_id}}")

    assert refusal(root, run_id="").startswith(".autolab/prompts/stage_launch.md:3: token run_id has no value (")


def test_a_value_that_is_missing_altogether_is_refused(put):
    with pytest.raises(DocumentError, match="token run_id has no value"):
        render_text(Tree(str(put("stage_launch.md", "{{run_id}}"))), "launch", {})


def test_an_advisory_may_be_empty_and_leaves_no_line(put):
    root = put("stage_run_experiment.md", "a\n{{compute_advisory}}\nb")

    assert render_text(Tree(str(root)), EXPERIMENT, VALUES | {"compute_advisory": ""})[0] == "a\nb"


@pytest.mark.parametrize("literal", ["<RUN_ID>", "<run_id>", "{{run_id}}", "{{shared:guardrails.md}}"])
def test_a_placeholder_in_a_value_is_refused(put, literal):
    root = put("stage_launch.md", "{{run_path}}")

    assert refusal(root, run_path=f"runs/{literal}/x").endswith(
        f"the value of token run_path holds the unresolved placeholder {literal} (fill it where the value comes from)"
    )


def test_a_value_that_the_template_does_not_use_may_hold_anything(put):
    root = put("stage_launch.md", "{{run_id}}")

    assert render_text(Tree(str(root)), "launch", VALUES | {"run_path": "<RUN_ID>"})[0] == "value of run_id"


def test_a_check_of_the_shipped_prompts_finds_nothing(tmp_path):
    assert problems_of(Tree(str(tmp_path))) == (len(shipped_paths()), ())


def test_a_check_names_everything_that_is_wrong_at_once(put):
    put("stage_launch.md", "{{run_idd}}\n{{spec}}\n")
    put("stage_design.md", "{{shared:nowhere.md}}")
    put("stage_lunch.md", "fine")
    put("shared/unused.md", "{{nope}} and {{run_id}}")
    put("shared/open.md", "{{")
    root = put("notes.md", "{{not a template}}")

    found = problems(root)

    assert [each.partition(" ")[0] for each in found] == [
        ".autolab/prompts/stage_lunch.md:None:",
        ".autolab/prompts/stage_design.md:1:",
        ".autolab/prompts/stage_launch.md:1:",
        ".autolab/prompts/stage_launch.md:2:",
        f"{SHARED}/open.md:1:",
        f"{SHARED}/unused.md:1:",
    ]
    assert "is stage_launch.md meant?" in found[0]


def test_the_nearest_name_is_none_when_nothing_is_like_it():
    assert nearest("zzz", ["run_id"]) is None
