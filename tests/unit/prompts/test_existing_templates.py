"""Templates that repositories already have render as they are: every token and every shared part that they name."""

from __future__ import annotations

import pytest

from autolab_core.stages.prompting.rendering import render_stage
from autolab_core.vocab.states import Stage
from autolab_core.vocab.tokens import SHARED_PARTS
from tests.unit.repositories import FOLDER, change_json, context, manifest, put

RUN = f"{FOLDER}/runs/r1"

# A launch that knows no shared parts: paths built from ids, the mode in a sentence, the context indented in a list.
PLAIN_LAUNCH = """\
# Start it

Records go to:
- `experiments/{{iteration_id}}/runs/{{run_id}}/`

Read first:
- `experiments/{{iteration_id}}/design.yaml`
- How it is launched: `{{launch_mode}}` (`local` or `slurm`)
- What was resolved before you were called:
  {{stage_context}}

Resolved are: `{{iteration_id}}`, `{{run_id}}`, `{{launch_mode}}`. Make no paths like `<ITERATION_ID>` or `<RUN_ID>`.
Ask `sacct -j <job_id> --format=JobID,State --parsable2` for how it ended, and record it with
`tool append --manifest experiments/{{iteration_id}}/runs/{{run_id}}/run_manifest.json`.
"""

# A monitor that is made of shared parts: alone on a line, under a heading, in a sentence, in an item of a checklist.
SHARED_MONITOR = """\
# Watch it

## Who
{{shared:role_preamble.md}}
You are the one who watches.

- Words are canonical (see {{shared:status_vocabulary.md}}).

{{shared:guardrails.md}}
{{shared:repo_scope.md}}
{{shared:runtime_context.md}}
{{shared:run_artifacts.md}}

- This stage may write `{{iteration_path}}/runs/{{run_id}}/run_manifest.json`.
- Resolved: `iteration_id={{iteration_id}}`

## Checks
- what runs: two of them
{{shared:verifier_common.md}}

{{shared:verification_ritual.md}}

## List
{{shared:checklist.md}}
- [ ] statuses are those of {{shared:status_vocabulary.md}}.

## Proof
{{shared:evidence_format.md}}
- artifact_path: `{{iteration_path}}/runs/{{run_id}}/run_manifest.json`
  what_it_proves: its state

{{shared:failure_retry.md}}
"""


@pytest.fixture
def launched(repository):
    put(repository, f"{RUN}/run_manifest.json", manifest("r1"))
    change_json(repository, ".autolab/state.json", stage="slurm_monitor", last_run_id="r1")
    return repository


def rendered(repository, stage, template):
    put(repository, f".autolab/prompts/stage_{stage}.md", template)
    return render_stage(context(repository), stage, run_id="r1").text


def test_a_launch_with_ids_in_paths_and_the_context_in_a_list(launched):
    text = rendered(launched, Stage.LAUNCH, PLAIN_LAUNCH)

    assert "{{" not in text
    assert "- `experiments/iter_a/runs/r1/`\n" in text
    assert "- How it is launched: `local` (`local` or `slurm`)\n" in text
    assert "called:\n  - stage: `launch`\n  - iteration: `iter_a`" in text
    assert "<ITERATION_ID>` or `<RUN_ID>`" in text  # the template's own words, which stand for themselves


def test_a_monitor_with_every_shared_part_in_every_place(launched):
    text = rendered(launched, Stage.SLURM_MONITOR, SHARED_MONITOR)

    assert all(f"{{{{shared:{part}}}}}" in SHARED_MONITOR for part in SHARED_PARTS)
    assert "{{" not in text
    assert "- Words are canonical (see “status_vocabulary” at the end).\n" in text
    assert "- [ ] statuses are those of “status_vocabulary” at the end.\n" in text
    assert text.count("\n## status_vocabulary\n") == 1
    assert "`synced`" in text.split("\n## status_vocabulary\n")[1]
    assert "## Where things stand\n\n- stage: `slurm_monitor`\n" in text
    assert "\n- [ ] Every edited file lies below" in text
