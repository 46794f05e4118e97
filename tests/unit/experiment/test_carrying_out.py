"""Around the commands of a protocol: their words, what they report, which experiment is open, what guards them."""

import json
import os
import shutil

import pytest

from autolab_core.experiment.finding import open_experiment, recorded
from autolab_core.experiment.guarding import policy_of, preflight, put_under_guard
from autolab_core.experiment.lines import read_line
from autolab_core.experiment.reading import Reader
from autolab_core.experiment.recorder import Recorder
from autolab_core.io.experiment_layout import ExperimentPaths
from autolab_core.io.spec import load_spec
from autolab_core.models.experiment.commands import commands_of, fill, fill_path, passed, wants_seed
from autolab_core.vocab.errors import AbortTriggered, UsageError
from autolab_core.vocab.experiment import Arm, Phase, SanityCheck

SPEC = "experiments/exp-001-small.md"
TEXT = """\
# exp-001-small: Small

## Hypothesis

Lower.

## Independent Variables

- `optimizer.rate`: baseline `0.1`, treatment `0.5`
- `name`: baseline `plain; rm -rf .`, treatment `"{seed} and more"`

## Controls

- `nested`: `true`
- `unused`: `3`

## Metrics

### Primary

- `loss` (nats, minimize, mean): What is minimised.

### Secondary

- `parameters` (once, integer): How many there are.

### Sanity Checks

- `initial_loss` (nats, mean): Before the first step.

## Baselines

- `loss`: 1.0 ± 0.1 (source: by hand)

## Success Criteria

- `loss`: treatment <= 0.9

## Full Protocol

```yaml protocol
sanity: {import: "true", tests: "true", one_step: "true"}
baseline: train --rate {optimizer.rate} --name={name} --nested {nested} --seed {seed}
treatment:
  - prepare 'two words'
  - train --rate {optimizer.rate} --seed {seed}
csv: results/exp-001-small/{seed}.csv
```

## Seeds

- 0, 1

## Resource Budget

- tier: small
- training runs: 9

## Abort Criteria

- `loss` > 10

## Confounds

- None is known.
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / ".autolab").mkdir()
    (tmp_path / "experiments").mkdir()
    (tmp_path / SPEC).write_text(TEXT)
    return tmp_path


@pytest.fixture
def spec():
    return load_spec(TEXT.encode(), SPEC).spec


@pytest.fixture
def recorder(root):
    """In the treatment phase; nothing of it is recorded."""
    with Recorder.open(root, SPEC) as found:
        found.start(Phase.SANITY)
        for check in SanityCheck:
            found.check(check, ["true"], 0, 0.1)
        found.end()
        found.start(Phase.BASELINE)
        for seed in (0, 1):
            found.record("loss", 1.0, seed=seed)
        found.end()
        found.start(Phase.TREATMENT)
        yield found


# Words


def test_a_value_stays_within_its_word(spec):
    words = fill(commands_of(spec, Phase.BASELINE)[0], spec, Arm.BASELINE, 3)

    assert words == ("train", "--rate", "0.1", "--name=plain; rm -rf .", "--nested", "true", "--seed", "3")


def test_a_value_is_not_looked_into_for_placeholders(spec):
    assert fill("train {name}", spec, Arm.TREATMENT, 7) == ("train", "{seed} and more")


def test_quotes_are_the_shells(spec):
    prepare, train = commands_of(spec, Phase.TREATMENT)

    assert fill(prepare, spec, Arm.TREATMENT, None) == ("prepare", "two words")
    assert (wants_seed(prepare), wants_seed(train)) == (False, True)


def test_paths_have_the_same_placeholders(spec):
    assert fill_path(spec.protocol.csv, spec, Arm.TREATMENT, 1) == "results/exp-001-small/1.csv"


@pytest.mark.parametrize("command", ["", "   ", "train 'open", "''"])
def test_what_is_no_command_is_refused(spec, command):
    with pytest.raises(UsageError, match="command"):
        fill(command, spec, Arm.TREATMENT, 0)


def test_what_the_commands_are_passed_is_known(spec):
    assert passed(commands_of(spec, Phase.BASELINE), spec, Arm.BASELINE) == {
        "optimizer.rate": 0.1,
        "name": "plain; rm -rf .",
        "nested": True,
    }
    assert passed(commands_of(spec, Phase.TREATMENT), spec, Arm.TREATMENT) == {"optimizer.rate": 0.5}


# What a command reports


def take(recorder, *lines, seed=0, arm=Arm.TREATMENT):
    said = []
    reader = Reader(recorder, arm, seed, said.append)
    for line in lines:
        reader.take(read_line(line.encode(), [each.name for each in recorder.spec.metrics]))
    return reader.faults, said


def values(recorder):
    return {(name, seed): each.value for (_, name, seed), each in recorder.state.current.values.items()}


def test_numbers_without_a_seed_are_those_of_the_command(recorder):
    assert take(recorder, '{"loss": 0.5}', '{"parameters": 7}', '{"initial_loss": 2.3}') == ([], [])
    assert values(recorder) == {("loss", 0): 0.5, ("parameters", None): 7, ("initial_loss", 0): 2.3}


def test_a_line_may_name_another_seed(recorder):
    take(recorder, '{"loss": 0.5, "seed": 1}')

    assert values(recorder) == {("loss", 1): 0.5}


def test_a_metric_that_nobody_named_is_told_and_is_no_fault(recorder):
    faults, said = take(recorder, '{"metric": "accuracy", "value": 1}')

    assert faults == []
    assert "`accuracy` is no metric of the spec" in said[0]


@pytest.mark.parametrize(
    "line",
    [
        '{"loss": "0.4"}',
        '{"loss": true}',
        '{"loss": null}',
        '{"loss": NaN}',
        '{"loss": {"mean": 1}}',
        '{"loss": [1]}',
        '{"loss": 0.1, "seed": 9}',
        '{"loss": 0.1, "seed": "0"}',
        '{"loss": 0.1, "arm": "baseline"}',
        '{"loss": 0.1, "unit": "bits"}',
        '{"loss": 0.1, "loss": 0.2}',
        '{"parameters": 1.5}',
        '{"steps": -1}',
        '{"note": 3}',
    ],
)
def test_what_cannot_be_taken_of_the_spec_is_a_fault(recorder, line):
    faults, said = take(recorder, line)

    assert len(faults) == len(said) == 1
    assert values(recorder) == {}


def test_a_second_value_that_differs_is_a_fault_and_the_same_is_none(recorder):
    assert take(recorder, '{"loss": 0.5}', '{"loss": 0.5}')[0] == []
    (fault,) = take(recorder, '{"loss": 0.6}')[0]

    assert "0.6" in fault
    assert values(recorder) == {("loss", 0): 0.5}


def test_a_criterion_that_is_met_ends_the_reading(recorder):
    with pytest.raises(AbortTriggered, match="A1"):
        take(recorder, '{"loss": 11}', '{"loss": 0.5}')


def test_everything_else_that_is_reported_is_on_record(recorder):
    lines = (
        '{"config": {"rate": 0.5}}',
        '{"steps": 3}',
        '{"steps": 4}',
        '{"note": "x"}',
        '{"usage": {"gpu_hours": 1}}',
    )

    assert take(recorder, *lines) == ([], [])
    assert recorder.state.configuration["treatment"]["values"] == {"rate": 0.5}
    assert recorder.state.current.steps == 7
    assert [each["text"] for each in recorder.state.notes] == ["x"]
    assert recorder.state.reported[0]["gpu_hours"] == 1


def test_figures_whose_names_are_odd_are_figures(recorder):
    line = json.dumps({"usage": {"self": 1, "gpu hours": 2}})

    take(recorder, line)

    assert len(recorder.state.reported) == 1


def test_of_a_sanity_check_its_own_metrics_count_and_nothing_else(root):
    with Recorder.open(root, SPEC) as recorder:
        recorder.start(Phase.SANITY)
        lines = (
            '{"loss": 0.5, "initial_loss": 2.3}',
            '{"config": {}}',
            '{"steps": 1}',
            '{"note": "x"}',
            '{"steps": -1}',
        )

        assert take(recorder, *lines, arm=None, seed=None) == ([], [])
        assert values(recorder) == {("initial_loss", None): 2.3}
        assert recorder.state.current.steps == 0


# Which one is open


def test_the_one_that_was_begun_is_the_open_one(root):
    with pytest.raises(UsageError, match="no experiment is open"):
        open_experiment(root)
    assert recorded(root, SPEC) is None
    Recorder.open(root, SPEC).close()

    assert open_experiment(root) == SPEC
    assert recorded(root, SPEC).state.sealed["spec"] == SPEC


def test_of_two_none_is_the_open_one(root):
    other = SPEC.replace("001", "002")
    (root / other).write_text(TEXT.replace("exp-001", "exp-002"))
    for each in (SPEC, other):
        Recorder.open(root, each).close()

    with pytest.raises(UsageError, match="2 experiments are open"):
        open_experiment(root)


def test_a_folder_that_is_no_record_is_passed_over(root):
    Recorder.open(root, SPEC).close()
    (root / ".autolab/experiments/odd").mkdir()
    (root / ".autolab/experiments/odd/journal.jsonl").write_bytes(b"\xff\n")
    shutil.copytree(root / ".autolab/experiments/exp-001-small", root / ".autolab/experiments/copy")

    assert open_experiment(root) == SPEC


# The guard


def test_the_policy_holds_spec_roles_and_every_result_but_its_own(root):
    (root / "results/exp-000/").mkdir(parents=True)
    (root / "results/exp-000/metrics.json").write_text("{}")

    policy = policy_of(root, ExperimentPaths(SPEC))

    assert policy.writable == ("results/exp-001-small",)
    assert {"experiments", "results", "QUESTIONS.md", "HANDOFF.md", "RESEARCH_LOG.md", ".autolab"} <= set(
        policy.protected
    )
    assert {SPEC, "results/exp-000", "program_state.json"} <= set(policy.to_seal)
    assert not [path for path in policy.to_seal if path.endswith("/autolab_core")]


def test_where_no_level_is_required_the_tool_is_sealed_too(root):
    (root / ".autolab/verifier_policy.yaml").write_text("guard: {require: none}\n")

    policy = policy_of(root, ExperimentPaths(SPEC))

    assert [path for path in policy.to_seal if path.endswith("/autolab_core")]
    assert preflight(root, policy)["require"] == "none"


def test_results_behind_a_link_are_guarded_where_they_are(root, tmp_path_factory):
    disk = tmp_path_factory.mktemp("disk")
    os.symlink(disk, root / "results")

    policy = policy_of(root, ExperimentPaths(SPEC))

    assert policy.writable == (f"{disk}/exp-001-small",)
    assert str(disk) in policy.protected


def test_the_words_name_the_policy_that_is_written(root):
    guarding = put_under_guard(root, policy_of(root, ExperimentPaths(SPEC)), "run-1")

    written = guarding.words[guarding.words.index("--policy") + 1]
    assert json.loads((root / written).read_text())["spec"] == SPEC
    assert guarding.record == ".autolab/guard/run-1.json"
