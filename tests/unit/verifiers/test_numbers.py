"""When numbers follow from one another, and how lines and items are counted."""

from __future__ import annotations

import pytest

from autolab_core.io.layout import LINE_LIMITS
from autolab_core.vocab.states import Verdict
from autolab_verifiers.builtin.file_line_limits import count_lines
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.selftest.repository import PATHS, RUN_PATHS, build


@pytest.fixture
def repository(tmp_path):
    return build(tmp_path)


def verdict(repository, rule: str) -> Verdict:
    return next(check.status for check in examine(repository.root).judgement.checks if check.rule == rule)


@pytest.mark.parametrize(
    ("value", "baseline", "delta", "status"),
    [
        (83.6, 82.4, 1.2, Verdict.PASS),
        (83.6, 82.4, 1.2000000000000028, Verdict.PASS),  # what a computer finds for 83.6 - 82.4
        (83.6123, 82.4, 1.2123, Verdict.PASS),
        (83.6123, 82.4, 1.21, Verdict.PASS),  # rounded to two decimals
        (83.6123, 82.4, 1.22, Verdict.FAIL),
        (84, 82, 2, Verdict.PASS),
        (84, 82, 3, Verdict.FAIL),
        (84.0, 82.8, 1.0, Verdict.FAIL),  # a whole number is no excuse
        (1e-9, 3e-9, -2e-9, Verdict.PASS),
        (1e-9, 3e-9, 2e-9, Verdict.FAIL),
        (1.7e308, -1.7e308, 0.0, Verdict.FAIL),
        (83.6, 82.4, None, Verdict.SKIP),
        (83.6, 82.4, "+1.2%", Verdict.SKIP),
    ],
)
def test_a_delta_follows_from_its_values(repository, value, baseline, delta, status):
    repository.metrics("/primary_metric/value", value)
    repository.metrics("/baseline_results/0/value", baseline)
    repository.metrics("/primary_metric/delta_vs_baseline", delta)

    assert verdict(repository, "RS007") is status


@pytest.mark.parametrize(
    ("method", "value", "status"),
    [
        ("mean", 83.6, Verdict.PASS),
        ("median", 83.6, Verdict.PASS),
        ("max", 84.0, Verdict.PASS),
        ("min", 83.2, Verdict.PASS),
        ("max", 83.6, Verdict.FAIL),
        ("min", 84.0, Verdict.FAIL),
        ("geometric mean", 83.6, Verdict.SKIP),
    ],
)
def test_an_aggregate_is_recomputed_by_its_method(repository, method, value, status):
    def change(data):
        data["aggregation_method"] = method
        data["baseline_results"] = []
        data["variant_results"] = [{"name": "momentum", "value": value}]

    repository.edit(RUN_PATHS.metrics, change)

    assert verdict(repository, "RS009") is status


def test_rows_that_overflow_when_added_are_no_mean(repository):
    def change(data):
        for row in data["per_run_metrics"]:
            row["validation_accuracy"] = 1.7e308

    repository.edit(RUN_PATHS.metrics, change)

    assert verdict(repository, "RS009") is Verdict.FAIL


def test_without_rows_there_is_nothing_to_aggregate(repository):
    repository.metrics("/per_run_metrics", [])

    assert verdict(repository, "RS009") is Verdict.SKIP
    assert verdict(repository, "RS008") is Verdict.FAIL


def test_seeds_of_a_strategy_we_do_not_know_are_counted(repository):
    repository.replace(PATHS.design, "seed_strategy: increment", "seed_strategy: random")
    repository.metrics("/per_run_metrics/5/seed", 4711)

    assert verdict(repository, "RS008") is Verdict.PASS


@pytest.mark.parametrize(
    ("source", "lines"),
    [(b"", 0), (b"a", 1), (b"a\n", 1), (b"a\nb", 2), (b"\n\n", 2), ("a\u2028b\x0cc\rd\n".encode(), 1)],
)
def test_only_a_newline_ends_a_line(source, lines):
    assert count_lines(source) == lines


@pytest.mark.parametrize(
    ("variants", "budget"),
    [("[]", 120), ("[1, 2]", 120), ("{a: 1, b: 2, c: 3}", 130), ("text", 120), ("null", 120), ("[1, 2, 3, 4, 5]", 150)],
)
def test_the_manifests_budget_grows_with_what_is_counted(repository, variants, budget):
    """clamp(100 + 10 x items, 120, 150); a list has entries, a mapping keys, a scalar is 1, null is 0."""
    limits = "base_lines: 100, per_item_lines: 10, min_cap_lines: 120, max_cap_lines: 150, count_paths: [a.b]"
    repository.write(LINE_LIMITS, f"line_limits: {{run_manifest_dynamic: {{{limits}}}}}\n")
    repository.write(PATHS.design, (repository.root / PATHS.design).read_text() + f"a: {{b: {variants}}}\n")
    have = len((repository.root / RUN_PATHS.manifest).read_bytes().splitlines())

    repository.manifest("/notes", list(range(budget - have - 2)))
    assert verdict(repository, "LL003") is Verdict.PASS
    repository.manifest("/notes", list(range(budget - have - 1)))
    assert verdict(repository, "LL003") is Verdict.FAIL


@pytest.mark.parametrize(("covered", "verdict_of_it"), [(100, Verdict.PASS), (300, Verdict.FAIL)])
def test_what_the_manifest_has_of_a_guard_comes_on_top_of_its_budget(repository, covered, verdict_of_it):
    limits = "base_lines: 120, per_item_lines: 0, min_cap_lines: 120, max_cap_lines: 120"
    repository.write(LINE_LIMITS, f"line_limits: {{run_manifest_dynamic: {{{limits}}}}}\n")
    have = len((repository.root / RUN_PATHS.manifest).read_bytes().splitlines())
    repository.manifest("/notes", list(range(120 - have - 3)))
    assert verdict(repository, "LL003") is Verdict.PASS

    repository.manifest("/guard", {"probe": [{"errno": "EROFS"}], "covered": [str(each) for each in range(covered)]})

    assert verdict(repository, "LL003") is verdict_of_it


def test_without_a_limits_file_the_shipped_limits_hold(repository):
    repository.remove(LINE_LIMITS)
    assert verdict(repository, "LL001") is Verdict.PASS
    assert verdict(repository, "LL006") is Verdict.SKIP

    repository.write(PATHS.review, (repository.root / PATHS.review).read_bytes() + b"\n" * 60)
    assert verdict(repository, "LL001") is Verdict.FAIL


def test_a_limit_may_be_lowered(repository):
    repository.replace(LINE_LIMITS, "run_local.sh: 160", "run_local.sh: 2")

    assert verdict(repository, "LL001") is Verdict.FAIL
    assert verdict(repository, "LL002") is Verdict.PASS
