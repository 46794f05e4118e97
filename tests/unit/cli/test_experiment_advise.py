"""``autolab experiment advise``, as a user runs it: a repository, a spec, a policy, this very machine."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from tests.unit.cli.conftest import autolab

SPEC = "experiments/exp-001-momentum.md"
TEXT = """\
# exp-001-momentum: Momentum

## Hypothesis

Momentum lowers the loss.

## Independent Variables

- `momentum`: baseline `0.0`, treatment `0.9`

## Controls

- `rate`: `0.1`

## Metrics

### Primary

- `val_loss` (nats, minimize, mean): Loss on the held-out set.

## Baselines

- `val_loss`: 0.4 ± 0.01 (source: results/exp-000-base/metrics.json)

## Success Criteria

- `val_loss`: treatment <= 0.4

## Full Protocol

Train with each seed.

```yaml protocol
sanity: {import: "true", tests: "true", one_step: "true"}
baseline: python train.py --momentum 0 --seed {seed}
treatment: python train.py --full
```

## Seeds

- 0, 1

## Resource Budget

- tier: small
- wall clock: 2 h

### Compute Profile

```yaml
PROFILE
```

## Abort Criteria

- `val_loss` > 10

## Confounds

- None that we know of.
"""
BACKENDS = "  backends: [{name: batch, kind: aws-batch}]\n"


@pytest.fixture
def asked(here, empty, monkeypatch):
    """Ask for the advice on a spec with a compute profile, in a repository with a policy ``compute``."""

    def ask(profile: str, policy: str = "", *options: str):
        (empty / SPEC).write_text(TEXT.replace("PROFILE", profile))
        (empty / ".autolab/verifier_policy.yaml").write_text(f"compute:\n{policy}" if policy else "{}\n")
        return here("experiment", "advise", SPEC, *options, cwd=empty)

    return ask


def test_without_a_back_end_one_line_says_that_there_is_nothing_to_advise(asked):
    plain = asked("memory: 1M")
    document = asked("memory: 1M", "", "--json")

    assert (plain.code, plain.out) == (0, "")
    assert plain.err == "autolab: no compute advisory: no back end is configured\n"
    assert (document.code, document.err) == (0, plain.err)
    assert (document.json["case"], document.json["section"], document.json["command"]) == (None, None, None)
    assert document.json["machine"]["affinity"] == len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("profile", "policy", "heading"),
    [
        ("memory: 1M", "", "## Cloud Availability Note"),
        ("memory: 1M", "  preference: local\n", "## Cloud Availability Note"),
        ("memory: 1M", "  preference: cloud\n", "## Compute Advisory (Cloud Preferred)"),
        ("{memory: 1M, preference: local}", "  preference: cloud\n", "## Cloud Availability Note"),
        ("memory: 4000T", "", "## Compute Advisory"),
        ("{memory: 4000T, preference: local}", "", "## Compute Advisory"),
        ("disk: 900000T", "  preference: cloud\n", "## Compute Advisory"),
        ("{cpus: 100000, wall_time: 1 h}", "", "## Compute Advisory"),
    ],
)
def test_the_section_is_the_case(asked, profile, policy, heading):
    plain = asked(profile, policy + BACKENDS)
    document = asked(profile, policy + BACKENDS, "--json").json

    assert (plain.code, plain.err) == (0, "")
    assert plain.out.splitlines()[0] == document["heading"] == heading
    assert document["section"] == plain.out
    assert document["local_fallback"] == ("Preferred" in heading)
    assert f"\n{document['command']}\n" in plain.out
    assert document["command"].startswith('tools/cloud-run run "python train.py --full" --spec ')
    assert shlex.split(document["command"])[-1] == "--detach"


def test_the_data_folder_of_the_repository_is_taken(asked, empty):
    (empty / "data").mkdir()

    assert " --data-dirs data/ " in asked("memory: 1M", BACKENDS).out
    assert " --data-dirs raw " in asked("data_dirs: [raw]", BACKENDS).out


def test_gpus_are_asked_of_the_program_that_knows_them(asked, empty, monkeypatch, tmp_path):
    program = tmp_path / "bin/nvidia-smi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'GPU-1, 16384, NVIDIA T4'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    assert "- GPUs: 1 of 16G asked, 1 (NVIDIA T4, 16G) here: fits\n" in asked("gpu_memory: 16G", BACKENDS).out
    assert "- GPUs: 2 asked, 1 (NVIDIA T4, 16G) here: does not fit\n" in asked("gpus: 2", BACKENDS).out


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("  preference: maybe\n", ".autolab/verifier_policy.yaml:2: at /compute/preference "),
        ("  backends: [{name: batch}]\n", ".autolab/verifier_policy.yaml:2: at /compute/backends/0 "),
        ("  backends: [{name: b, kind: k, max_memory: much}]\n", "at /compute/backends/0/max_memory "),
    ],
)
def test_a_policy_that_is_not_understood_is_one_line(asked, policy, said):
    answer = asked("memory: 1M", policy)

    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("experiments/none.md", "experiments/none.md: does not exist"),
        ("/etc/passwd", "/etc/passwd: is refused"),
        (".autolab", ".autolab: "),
    ],
)
def test_a_spec_that_cannot_be_read_is_one_line(empty, path, said):
    answer = autolab("experiment", "advise", path, cwd=empty)

    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert answer.err.count("\n") == 1


def test_the_spec_counts_from_the_folder_that_the_command_is_called_in(asked, empty, here):
    asked("memory: 1M", BACKENDS)

    assert here("experiment", "advise", Path(SPEC).name, cwd=empty / "experiments").code == 0
