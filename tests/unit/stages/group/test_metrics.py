"""A group's numbers follow from its replicates', so that ``result_sanity`` can make them again."""

from __future__ import annotations

import json

import pytest

from autolab_core.io.codec import unstructure
from autolab_core.models.design import Arm, Design, Entrypoint, MetricsPlan, PrimaryMetric, Replicates
from autolab_core.models.manifest import Replicate
from autolab_core.models.metrics import ArmResult, PrimaryResult, RunMetrics
from autolab_core.stages.group.metrics import group_metrics
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.states import MetricsStatus
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.selftest import repository as sample


def design(aggregation=None, **changes):
    return Design(
        **{
            "iteration_id": sample.ITERATION,
            "entrypoint": Entrypoint(cli="train --seed {seed}"),
            "metrics": MetricsPlan(PrimaryMetric("validation_accuracy"), aggregation=aggregation),
            "baselines": (Arm("baseline_current"),),
            "variants": (Arm("momentum"),),
            "replicates": Replicates(3),
            **changes,
        }
    )


def part(index, value, *, baseline=80.0, delta=True, seed=None, **extra):
    metrics = RunMetrics(
        sample.ITERATION,
        f"g-r{index}",
        MetricsStatus.COMPLETED,
        PrimaryResult("validation_accuracy", value, value - baseline if delta else None),
        (ArmResult("baseline_current", baseline, extra=extra),),
        (ArmResult("momentum", value),),
    )
    return Replicate(index, f"g-r{index}", index if seed is None else seed), metrics


def made(parts, aggregation=None, **changes):
    return group_metrics(design(aggregation, **changes), sample.RUN, parts, MetricsStatus.COMPLETED)


def judged(tmp_path, metrics, **replacements):
    """Rule to what ``result_sanity`` says of *metrics* as those of the sample's run, whose design is an array's."""
    repository = sample.build(tmp_path / "sample")
    repository.write(sample.RUN_PATHS.metrics, json.dumps(unstructure(metrics)))
    repository.replace(sample.PATHS.design, "seeds: [0, 1, 2]", 'seed: "{seed}"')
    for old, new in replacements.items():
        repository.replace(sample.PATHS.design, old, new)
    checks = examine(str(repository.root), only=["result_sanity"], run_id=sample.RUN).judgement.checks
    return {check.rule: check for check in checks}


@pytest.mark.parametrize(
    ("method", "value", "baseline"),
    [(None, 83.0, 242 / 3), ("mean", 83.0, 242 / 3), ("median", 82.0, 81.0), ("min", 81.0, 79.0), ("max", 86.0, 82.0)],
)
def test_every_number_of_the_group_follows_from_the_rows(tmp_path, method, value, baseline):
    parts = [part(0, 81.0, baseline=79.0), part(1, 86.0, baseline=81.0), part(2, 82.0, baseline=82.0)]
    metrics = made(parts, method)

    assert metrics.primary_metric.value == value
    assert metrics.baseline_results[0].value == baseline
    assert metrics.primary_metric.delta_vs_baseline == value - baseline
    checks = judged(tmp_path, metrics)
    assert [rule for rule, check in checks.items() if check.status not in {"pass", "skip"}] == []
    assert {checks[rule].status for rule in ("RS006", "RS007", "RS008", "RS009")} == {"pass"}


def test_other_numbers_that_all_replicates_report_are_put_together_too(tmp_path):
    metrics = made([part(0, 81.0, loss=0.5, only=1), part(1, 82.0, loss=0.25), part(2, 83.0, loss=0.75, name="x")])

    assert dict(metrics.baseline_results[0].extra) == {"loss": 0.5}
    assert judged(tmp_path, metrics)["RS009"].status == "pass"


def test_a_delta_that_a_replicate_does_not_tell_is_not_made_up():
    assert made([part(0, 81.0), part(1, 82.0, delta=False)]).primary_metric.delta_vs_baseline is None


def test_a_group_without_results_has_no_value():
    metrics = group_metrics(design(), "g", [], MetricsStatus.PARTIAL, ("nothing",))

    assert (metrics.status, metrics.primary_metric.value, metrics.missing) == ("failed", None, ("nothing",))


def test_an_aggregation_that_is_not_known_is_refused():
    with pytest.raises(UsageError, match="'mode' is not known"):
        made([part(0, 1.0)], "mode")


def test_replicates_of_one_seed_are_told_apart_by_their_runs(tmp_path):
    metrics = made([part(index, 81.0 + index, seed=7) for index in range(3)])
    fixed = {"seed_strategy: increment, base_seed: 0": "seed_strategy: fixed, base_seed: 7"}

    assert judged(tmp_path, metrics, **fixed)["RS008"].status == "pass"
    assert judged(tmp_path / "again", metrics)["RS008"].status == "fail"


def test_a_replicate_of_one_seed_that_is_listed_twice_is_found(tmp_path):
    metrics = made([part(index, 81.0 + index, seed=7) for index in (0, 1, 1)])
    fixed = {"seed_strategy: increment, base_seed: 0": "seed_strategy: fixed, base_seed: 7"}

    said = [finding.message for finding in judged(tmp_path, metrics, **fixed)["RS008"].findings]
    assert "momentum has run g-r1 twice" in said


def test_a_design_without_arms_has_a_row_for_each_replicate(tmp_path):
    parts = []
    for index in range(3):
        metrics = RunMetrics(
            sample.ITERATION, f"g-r{index}", MetricsStatus.COMPLETED, PrimaryResult("validation_accuracy", 80.0 + index)
        )
        parts.append((Replicate(index, f"g-r{index}", index), metrics))
    metrics = made(parts, baselines=(), variants=())
    arms = {
        "baselines:\n  - {name: baseline_current, description: plain gradient descent}\n": "",
        "variants:\n  - name: momentum\n    changes: {optimizer: {momentum: 0.9}}\n": "",
    }

    assert [row["name"] for row in metrics.per_run_metrics] == ["validation_accuracy"] * 3
    assert judged(tmp_path, metrics, **arms)["RS008"].status == "pass"


def test_a_replicate_has_its_own_seed_alone(tmp_path):
    repository = sample.build(tmp_path / "sample")
    repository.manifest("/replicate", {"group": "g", "index": 1, "seed": 1})

    def rule():
        checks = examine(str(repository.root), only=["result_sanity"], run_id=sample.RUN).judgement.checks
        return next(check for check in checks if check.rule == "RS008")

    assert "which the design does not ask for" in rule().findings[0].message
    rows = repository.read(sample.RUN_PATHS.metrics)["per_run_metrics"]
    repository.metrics("/per_run_metrics", [row for row in rows if row["seed"] == 1])
    assert rule().status == "pass"
    repository.metrics("/per_run_metrics", [])
    assert rule().status == "pass"
