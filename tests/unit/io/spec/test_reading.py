"""What a spec may look like, and what it is understood to mean."""

from __future__ import annotations

import time

import attrs
import pytest

from autolab_core.io.spec import load_spec, print_spec, read_spec
from autolab_core.io.spec.template import template
from autolab_core.io.spec.understood import understood
from autolab_core.models.experiment.spec import Baseline, BudgetLimit, SuccessCriterion
from autolab_core.models.resources import Duration, Memory
from autolab_core.vocab.errors import StoreError
from autolab_core.vocab.experiment import Aggregate, Arm, BudgetKind, Comparison, Direction, MetricRole, SanityCheck
from tests.unit.io.spec.conftest import PATH, SAMPLE

BASELINE = "- `val_loss`: 0.412 ± 0.01 (source: results/exp-000-base/metrics.json)"
LOSS = "- `val_loss` (nats, minimize, mean): Loss on the held-out set."


def test_the_sample_is_in_the_canonical_form():
    document = load_spec(SAMPLE.encode(), PATH)

    assert print_spec(document.spec) == SAMPLE
    assert document.notes == ()


def test_windows_line_ends_change_nothing():
    assert load_spec(SAMPLE.replace("\n", "\r\n").encode(), PATH).spec == load_spec(SAMPLE.encode(), PATH).spec


def test_the_sample_is_understood(read):
    spec = read().spec

    assert spec.variables[0].values == {Arm.BASELINE: 0.0, Arm.TREATMENT: 0.9}
    assert spec.controls[1].values == {Arm.BASELINE: 10, Arm.TREATMENT: 10}
    assert [(each.name, each.role, each.aggregate, each.integer) for each in spec.metrics] == [
        ("val_loss", MetricRole.PRIMARY, Aggregate.MEAN, False),
        ("epoch_seconds", MetricRole.SECONDARY, Aggregate.MEDIAN, False),
        ("parameters", MetricRole.SECONDARY, Aggregate.ONCE, True),
        ("initial_loss", MetricRole.SANITY, Aggregate.MEAN, False),
    ]
    assert [each.margin for each in spec.baselines] == [0.01, 1.75]
    assert spec.protocol.sanity[SanityCheck.IMPORT] == 'python -c "import train"'
    assert (spec.seeds, spec.baseline_seeds) == ((0, 1, 2, 3, 4), (0,))
    assert spec.budget.limit(BudgetKind.WALL_CLOCK) == 7200
    assert (spec.budget.compute.memory, spec.budget.compute.wall_time) == (Memory(4 << 30), Duration(7200))
    run_time = spec.abort[2]
    assert (run_time.id, run_time.limit, run_time.assumes, run_time.factor) == ("A3", 60, 10_000, 3)
    assert spec.abort[1].comparison is None


def test_every_part_knows_its_line(read):
    document = read()

    lines = SAMPLE.split("\n")
    for key, words in {
        "metrics/val_loss": "Loss on the held-out",
        "baselines/epoch_seconds": "3.5",
        "success/1": "<= 1.1",
        "abort/A4": "> 4 h",
        "budget/training runs": "training runs",
        "settings/epochs": "`epochs`",
        "protocol/sanity/tests": "pytest",
        "protocol/treatment/0": "treatment:",
        "compute/memory": "4G",
        "seeds": "## Seeds",
        "seeds/nothing/more": "## Seeds",
    }.items():
        assert words in lines[document.line(key) - 1], key


@pytest.mark.parametrize(
    ("line", "means"),
    [
        ("0.412 +/- 0.01 (source: a)", Baseline("val_loss", 0.412, 0.01, False, "a")),
        ("0.412 nats ± 0.01 nats (source: a)", Baseline("val_loss", 0.412, 0.01, False, "a")),
        ("0.412 ± 5 % (source: a)", Baseline("val_loss", 0.412, 0.05, True, "a")),
        ("4.12e-1 ± 1e-2, source: a (b)", Baseline("val_loss", 0.412, 0.01, False, "a (b)")),
        ("−0.5 ± 0 (Source: a)", Baseline("val_loss", -0.5, 0.0, False, "a")),
        ("1_000 ± 10 (source: a)", Baseline("val_loss", 1000.0, 10.0, False, "a")),
    ],
)
def test_a_baseline_may_be_written_so(read, line: str, means: Baseline):
    document = read((BASELINE, f"- val_loss: {line}"))

    assert document.problems == ()
    assert document.spec.baselines[0] == means


def test_a_share_of_a_metric_in_percent_has_to_say_that_it_is_one(read):
    in_percent = ("(nats, minimize, mean): Loss on", "(%, minimize, mean): Loss on")

    assert read(in_percent, ("± 0.01", "± 2")).spec.baselines[0].margin == 2
    assert read(in_percent, ("± 0.01", "± 2% relative")).spec.baselines[0].margin == pytest.approx(0.00824)
    assert "can be read in two ways" in read(in_percent, ("± 0.01", "± 2%")).problems[0].message


@pytest.mark.parametrize(
    ("line", "left", "sign", "limit"),
    [
        ("treatment<=0.4", "treatment", Comparison.AT_MOST, 0.4),
        ("Treatment-Baseline ≤ -0.01 nats", "treatment - baseline", Comparison.AT_MOST, -0.01),
        ("treatment / baseline < 1", "treatment / baseline", Comparison.BELOW, 1.0),
        ("baseline > .5", "baseline", Comparison.ABOVE, 0.5),
        ("treatment = 3", "treatment", Comparison.EQUAL, 3.0),
    ],
)
def test_a_success_criterion_may_be_written_so(read, line: str, left: str, sign: Comparison, limit: float):
    document = read(("`val_loss`: treatment - baseline <= -0.01", f"`val_loss`: {line}"))

    assert document.problems == ()
    assert document.spec.success[0] == SuccessCriterion("val_loss", left, sign, limit)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90 s", 90), ("1.5 h", 5400), ("1 h 30 min", 5400), ("02:00:30", 7230), ("1 day", 86400), ("100:00:00", 360_000)],
)
def test_a_duration_may_be_written_so(read, text: str, seconds: float):
    document = read(("wall clock: 2 h", f"wall clock: {text}"))

    assert document.problems == ()
    assert document.spec.budget.limits[0] == BudgetLimit(BudgetKind.WALL_CLOCK, seconds)


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("0, 1,2", (0, 1, 2)), ("7", (7,)), ("5..7, 1", (5, 6, 7, 1)), ("-1..1", (-1, 0, 1)), ("seeds: 3 .. 4", (3, 4))],
)
def test_seeds_may_be_written_so(read, text: str, seeds: tuple[int, ...]):
    document = read(("- baseline: 0\n- treatment: 0..4", f"- {text}"))

    assert document.problems == ()
    assert document.spec.seeds == document.spec.baseline_seeds == seeds


def test_a_baseline_may_have_no_seeds(read):
    assert read(("- baseline: 0\n", "- baseline: none\n")).spec.baseline_seeds == ()


@pytest.mark.parametrize(
    ("written", "unit", "direction", "aggregate"),
    [
        ("(mean, nats, minimize)", "nats", Direction.MINIMIZE, Aggregate.MEAN),
        ("(lower is better)", None, Direction.MINIMIZE, Aggregate.MEAN),
        ("(unit min, once, maximise)", "min", Direction.MAXIMIZE, Aggregate.ONCE),
        ("(min)", None, None, Aggregate.MIN),
        ("", None, None, Aggregate.MEAN),
    ],
)
def test_attributes_of_a_metric_stand_in_any_order(read, written, unit, direction, aggregate):
    metric = read(("`epoch_seconds` (s, minimize, median)", f"`epoch_seconds` {written}")).spec.metrics[1]

    assert (metric.unit, metric.direction, metric.aggregate) == (unit, direction, aggregate)


def test_headings_may_be_written_in_other_ways(read):
    document = read(
        ("## Independent Variables", "## 2. independent variable:"),
        ("### Primary", "### Primary metrics"),
        ("## Minimum Viable Experiment", "## MVE"),
        ("## Confounds", "## CONFOUNDERS"),
        ("# exp-001-momentum: Momentum", "# Momentum"),
    )

    assert document.problems == document.notes == ()
    assert document.spec == read().spec


def test_other_markers_of_lists_and_lines_that_go_on_mean_the_same(read):
    document = read((LOSS, "* `val_loss` (nats, minimize,\n  mean): Loss on the\nheld-out set.\n"))

    assert document.problems == ()
    assert document.spec.metrics == read().spec.metrics


def test_paragraphs_and_comments_between_the_items_are_just_text(read):
    document = read((LOSS, f"One number a seed:\n\n{LOSS}\n\n<!-- - `other` (nats): not yet -->\n"))

    assert document.problems == document.notes == ()
    assert document.spec == read().spec


def test_a_section_that_nobody_knows_is_noted_with_the_nearest_name(read):
    document = read(("## Implementation", "## Implementations"))

    assert document.problems == ()
    assert [(each.line, each.message) for each in document.notes] == [
        (94, "the section 'Implementations' is not read; did you mean 'Implementation'?")
    ]


def test_text_keeps_its_headings_lists_and_code(read):
    text = "### Steps\n\n1. one\n   - two\n\n```sh\n## no heading\n```"
    document = read(("Train with each seed for `epochs` epochs. The last checkpoint is evaluated once.", text))

    assert document.problems == ()
    assert document.spec.procedure == text


def test_text_on_both_sides_of_the_commands_is_kept(read):
    document = read(("## Seeds", "And then it ends.\n\n## Seeds"))

    assert document.spec.procedure.endswith("once.\n\nAnd then it ends.")


def test_a_value_that_could_be_a_number_is_quoted_when_it_is_text(read):
    document = read(("`mlp`", '`"10"`'))

    assert document.spec.controls[2].values[Arm.BASELINE] == "10"
    assert '`"10"`' in print_spec(document.spec)


def test_a_profile_keeps_what_is_not_known(read):
    document = read(("cpus: 2\n", "cpus: 2\nnetwork: {mbit: 100}\n"))

    assert document.problems == ()
    assert document.spec.budget.compute.extra == {"network": {"mbit": 100}}
    assert [note.line for note in document.notes] == [77]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("- `val_loss`: treatment - baseline <= -0.01\n", ""), "no success criterion is about the primary metric"),
        (("--rows 100", "--rows 100 | tee log"), "there is no shell"),
        (("mve: python", "mve: DEVICE=cpu python"), "begin the command with env"),
    ],
)
def test_what_is_worth_a_look_stops_nothing(read, change, words: str):
    document = read(change)

    assert document.problems == ()
    assert words in document.notes[0].message


def test_without_commands_something_else_makes_the_numbers(read):
    start, end = SAMPLE.index("baseline: python"), SAMPLE.index("```\n\n## Seeds")
    document = read((SAMPLE[start:end], ""))

    assert document.problems == ()
    assert "something else has to make the numbers" in document.notes[0].message


def test_a_primary_metric_has_to_be_there(read):
    document = read((f"### Primary\n\n{LOSS}\n\n", ""), ("- `epoch_seconds` (", f"{LOSS}\n- `epoch_seconds` ("))

    assert [problem.line for problem in document.problems] == [17]
    assert "there is no primary metric" in document.problems[0].message


def test_the_template_is_refused_for_its_blanks_alone():
    document = read_spec(template("exp-001-momentum").encode(), PATH)

    assert len(document.problems) > 10
    assert {problem.message.split()[0] for problem in document.problems} == {"TODO"}
    assert document.notes == ()


def test_the_template_is_good_once_its_blanks_are_filled():
    filled = template("exp-001-momentum").replace("TODO", "momentum")
    document = load_spec(filled.encode(), PATH)

    assert document.notes == ()
    assert load_spec(print_spec(document.spec).encode(), PATH).spec == document.spec


def test_what_the_grammar_cannot_hold_is_not_printed(read):
    with pytest.raises(StoreError, match="title would not read back"):
        print_spec(attrs.evolve(read().spec, title="two\nlines"))


def test_what_was_understood_is_listed_with_its_lines(read):
    rows = understood(read())

    assert [row.line for row in rows] == sorted(row.line for row in rows)
    assert (34, "baseline", "val_loss") in [row[:3] for row in rows]
    assert next(row.meaning for row in rows if row[:3] == (35, "baseline", "epoch_seconds")) == (
        "3.5 ± 50%: from 1.75 to 5.25 (source: three runs by hand)"
    )
    assert next(row.meaning for row in rows if row.name == "A3").endswith("unless there are more than 30000 rows")


HOSTILE = {
    "quotes": "> " * 60_000,
    "lists": "- " * 60_000,
    "items": "- a\n  - b\n" * 12_000,
    "headings": "## Seeds\n- 0\n" * 9_000,
    "brackets": "[" * 120_000,
    "backticks": "`" * 120_000,
    "seeds": "# t\n## Seeds\n" + "- 0..9999\n" * 12_000,
    "many seeds": "# t\n## Seeds\n" + "".join(f"- {at}..{at + 9}\n" for at in range(0, 80_000, 10)),
    "digits": "# t\n## Metrics\n### Primary\n- `a`\n## Baselines\n- `a`: " + "9" * 120_000,
    "blocks": "# t\n## Full Protocol\n" + "```yaml protocol\n```\n" * 6_000,
    "flow": "# t\n## Full Protocol\n```yaml protocol\n" + "[" * 100_000 + "\n```\n",
    "braces": "# t\n## Full Protocol\n```yaml protocol\nbaseline: x " + "{" * 60_000 + "\n```\n",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_text_takes_long(kind: str):
    started = time.process_time()

    document = read_spec(HOSTILE[kind].encode(), PATH)

    assert document.problems
    # A good spec takes 10 ms. The longest of these takes a second; ten are for a slow machine.
    assert time.process_time() - started < 10
