"""What a stage's context says of where the experiment of its spec should run, and who is asked for it."""

from __future__ import annotations

import pytest

from autolab_core.io import codec
from autolab_core.io.schemas import SchemaStore
from autolab_core.stages.prompting.rendering import render_stage
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.states import Stage
from tests.unit.experiment import samples
from tests.unit.repositories import FOLDER, LOCAL_HOST, FakeRunner, context, put

BACKEND = "compute: {backends: [{name: batch, kind: aws-batch}]}\n"
PROFILE = "- training steps: 1000\n\n### Compute Profile\n\n```yaml\nmemory: 100T\n```\n"
SPEC = samples.text().replace("- training steps: 1000\n", PROFILE)


@pytest.fixture
def repository(repository):
    """Its design names a spec that does not fit any machine, and its policy has a back end."""
    put(repository, samples.PATH, SPEC)
    put(repository, ".autolab/verifier_policy.yaml", BACKEND)
    design = repository.root / FOLDER / "design.yaml"
    design.write_text(design.read_text() + f"spec: {samples.PATH}\n")
    return repository


def rendered(repository, runner=None):
    return render_stage(context(repository, runner=runner or FakeRunner(**LOCAL_HOST)), Stage.LAUNCH, run_id="r1")


def asked_for_gpus(runner) -> bool:
    return any("nvidia-smi" in command.argv[0] for command in runner.commands)


def test_a_context_says_where_the_experiment_of_its_spec_is_to_run(repository):
    runner = FakeRunner(**LOCAL_HOST)

    found = rendered(repository, runner)

    advisory = found.context.compute_advisory
    assert (advisory["case"], advisory["fits"]) == ("advisory", False)
    assert advisory["section"].startswith(advisory["heading"])
    assert advisory["backends"] == [{"name": "batch", "kind": "aws-batch", "counts": True, "refused": None}]
    assert "compute advisory: see the JSON file" in found.text
    assert SchemaStore(None).problems("stage_context", codec.unstructure(found.context)) == ()
    assert asked_for_gpus(runner)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (f"{FOLDER}/design.yaml", None),
        (".autolab/verifier_policy.yaml", "{}\n"),
    ],
    ids=["no spec", "no back end"],
)
def test_where_there_is_nothing_to_advise_nobody_is_asked(repository, path, text):
    if text is None:
        text = (repository.root / path).read_text().replace(f"spec: {samples.PATH}\n", "")
    put(repository, path, text)
    runner = FakeRunner(**LOCAL_HOST)

    assert rendered(repository, runner).context.compute_advisory is None
    assert not asked_for_gpus(runner)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (samples.PATH, "# A page\n"),
        (samples.PATH, b"\xff"),
        (samples.PATH, SPEC.replace("python train.py {rate}", "python train.py '{rate}")),
        (samples.PATH, SPEC.replace("python train.py", "python train.py <RUN_ID>")),
        (f"{FOLDER}/design.yaml", "spec: [\n"),
    ],
    ids=["no spec", "no text", "no words", "a placeholder", "no design"],
)
def test_what_cannot_be_read_is_no_failure_of_the_context(repository, path, text):
    put(repository, path, text)

    assert rendered(repository).context.compute_advisory is None


def test_a_spec_that_is_gone_is_no_failure_either(repository):
    (repository.root / samples.PATH).unlink()

    assert rendered(repository).context.compute_advisory is None


def test_a_policy_that_cannot_be_read_is_one(repository):
    put(repository, ".autolab/verifier_policy.yaml", "compute: {preference: maybe}\n")

    with pytest.raises(DocumentError, match="preference"):
        rendered(repository)
