"""Specs of experiments that the grammar can hold, as odd as it allows."""

from __future__ import annotations

from string import ascii_letters, digits

import attrs
from hypothesis import strategies as st

from autolab_core.io.spec.abort import print_abort
from autolab_core.io.spec.scan import NAME_EXTRA
from autolab_core.models.experiment.spec import (
    AbortCriterion,
    Baseline,
    Budget,
    BudgetLimit,
    ComputeProfile,
    Metric,
    Protocol,
    Setting,
    Spec,
    SuccessCriterion,
)
from autolab_core.models.resources import Duration, Memory
from autolab_core.vocab.experiment import (
    RUN_TIME,
    Aggregate,
    Arm,
    BudgetKind,
    Comparison,
    Direction,
    MetricRole,
    SanityCheck,
)
from autolab_core.vocab.ids import placeholder_in

__all__ = ["specs"]

LEFTS = ("treatment", "baseline", "treatment - baseline", "treatment / baseline")
FINITE = st.floats(allow_nan=False, allow_infinity=False)
POSITIVE = st.floats(min_value=1e-9, max_value=1e15)
BLANKS = ("TODO", "TBD", "FIXME")


def filled(text: str) -> bool:
    """True where *text* is nothing that a template leaves behind: Hypothesis tries the words of the code itself."""
    return placeholder_in(text) is None and not any(blank in text for blank in BLANKS)


# One line of anything but control characters; the first character begins no list, heading, quote or block of HTML.
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Z")) | st.sampled_from(["`", "*", "#", ":", "("]),
    min_size=1,
    max_size=12,
).filter(filled)
LINES = st.builds(
    lambda first, words: " ".join([first, *words]),
    st.sampled_from(["A", "Ein", "the", "é"]),
    st.lists(WORDS, max_size=4),
)
NAMES = st.builds(
    lambda first, rest: (first + rest).rstrip("."),
    st.sampled_from(ascii_letters + "_"),
    st.text(ascii_letters + digits + NAME_EXTRA, max_size=12),
).filter(lambda name: name not in ("seed", "arm") and filled(name))
UNITS = st.sampled_from(
    ["nats", "s", "%", "percent", "min", "mean", "integer", "unit", "m/s", "tokens per second", "minimum"]
)
FOLDERS = st.builds(
    "/".join, st.lists(st.text(ascii_letters + digits + " _-.é", min_size=1, max_size=6), min_size=1)
).filter(
    lambda path: (
        filled(path) and "  " not in path and ".." not in path.split("/") and path == path.strip() and path != "."
    )
)
BLOCKS = st.sampled_from(
    [
        "- a list\n- of two",
        "### A heading below",
        "```python\n# Hypothesis\nx = 1\n```",
        "> quoted",
        "1. numbered",
        "| a | b |",
    ]
)


@st.composite
def metrics(draw):
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    roles = [MetricRole.PRIMARY, *(draw(st.sampled_from(MetricRole)) for _ in names[1:])]
    order = [*MetricRole]
    return tuple(
        Metric(
            name,
            role,
            draw(st.just("") | LINES),
            draw(st.none() | UNITS),
            draw(st.none() | st.sampled_from(Direction)),
            draw(st.sampled_from(Aggregate)),
            draw(st.booleans()),
        )
        for name, role in zip(names, sorted(roles, key=order.index), strict=True)
    )


@st.composite
def settings(draw):
    """Variables and controls: each name once, none within another."""
    text = st.text(st.characters(codec="utf-8"), max_size=12).filter(filled)
    values = st.none() | st.booleans() | st.integers() | FINITE | text
    names = draw(st.lists(NAMES.map(lambda name: name.replace(".", "_")), min_size=1, max_size=4, unique=True))
    variables, controls = [], []
    for at, name in enumerate(names):
        first, second = draw(values), draw(values)
        if repr(first) != repr(second) and (at == 0 or draw(st.booleans())):
            variables.append(Setting(name, {Arm.BASELINE: first, Arm.TREATMENT: second}))
        elif at:
            controls.append(Setting(name, dict.fromkeys(Arm, first)))
        else:
            variables.append(Setting(name, {Arm.BASELINE: 0, Arm.TREATMENT: 0.0}))
    return tuple(variables), tuple(controls)


@st.composite
def baselines(draw, names):
    found = []
    for name in draw(st.lists(st.sampled_from(names), min_size=1, unique=True)):
        expected, relative = draw(FINITE), draw(st.booleans())
        tolerance = draw(st.floats(0, 1e300))
        if expected == 0 and tolerance > 0:
            relative = False
        found.append(Baseline(name, expected, tolerance, relative, draw(LINES)))
    return tuple(found)


@st.composite
def aborts(draw, names):
    kinds = st.sampled_from([RUN_TIME, *BudgetKind])
    found = {}
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.none() | kinds)
        if kind is None:
            name = draw(st.sampled_from(names))
            sign = draw(st.none() | st.sampled_from(Comparison))
            criterion = AbortCriterion("", "", metric=name, comparison=sign, limit=draw(FINITE) if sign else None)
        else:
            whole = kind in (BudgetKind.RUNS, BudgetKind.STEPS)
            limit = float(draw(st.integers(1, 10**15))) if whole else draw(POSITIVE)
            sign = draw(st.sampled_from([Comparison.ABOVE, Comparison.AT_LEAST]))
            criterion = AbortCriterion("", "", kind=kind, comparison=sign, limit=limit)
            if kind == RUN_TIME and draw(st.booleans()):
                criterion = attrs.evolve(
                    criterion,
                    assumes=draw(POSITIVE),
                    assumes_unit=draw(st.none() | st.sampled_from(["rows", "rows of text", "MB"])),
                    factor=draw(st.none() | st.floats(1, 1e9)),
                )
        text = print_abort(criterion)
        found.setdefault(text, attrs.evolve(criterion, id=f"A{len(found) + 1}", text=text))
    return tuple(found.values())


@st.composite
def computes(draw):
    memory = st.none() | st.integers(1, 10**9).map(lambda amount: Memory(amount * 1024))
    return ComputeProfile(
        cpus=draw(st.none() | st.integers(1, 512)),
        memory=draw(memory),
        gpus=draw(st.integers(0, 8)),
        gpu_memory=draw(memory),
        disk=draw(memory),
        wall_time=draw(st.none() | st.just(Duration(None)) | st.integers(1, 10**7).map(Duration)),
        preference=draw(st.sampled_from(["auto", "local", "cloud"])),
        data_dirs=draw(st.lists(FOLDERS, max_size=3).map(tuple)),
        extra=draw(
            st.dictionaries(
                st.text(st.characters(codec="utf-8"), min_size=1, max_size=6).map("x".__add__),
                st.none()
                | st.integers()
                | FINITE
                | st.lists(WORDS, max_size=2)
                | st.dictionaries(WORDS, WORDS, max_size=2),
                max_size=2,
            )
        ),
    )


@st.composite
def protocols(draw, names, *, mve):
    placeholder = st.sampled_from(["seed", *names]).map(lambda name: f"{{{name}}}")
    plain = st.text(st.characters(codec="utf-8", exclude_characters="\\'\"{}<\n"), max_size=8).filter(filled)
    words = st.builds(
        lambda program, rest: " ".join([program, *rest]),
        st.sampled_from(["python", "./run.sh"]),
        st.lists(placeholder | plain | st.sampled_from(["'a b'", '"c"', "{}", "{1: 2}", "yes"]), max_size=4),
    )
    commands = st.lists(words, min_size=1, max_size=3).map(tuple)
    both = draw(st.booleans())
    return Protocol(
        {check: draw(words).replace("{seed}", "0") for check in SanityCheck},
        draw(commands) if both else (),
        draw(commands) if mve and both else (),
        draw(commands) if both else (),
        csv=draw(st.none() | FOLDERS),
        config=draw(st.dictionaries(st.sampled_from(Arm), FOLDERS)),
    )


@st.composite
def texts(draw, *, empty=False):
    """Markdown of several blocks, with no heading of level 1 or 2 outside a block of code."""
    blocks = draw(st.lists(LINES | BLOCKS, min_size=0 if empty else 1, max_size=3))
    return "\n\n".join(blocks)


@st.composite
def specs(draw):
    """Specs without a problem, and with every part that one may have."""
    measured = draw(metrics())
    names = [metric.name for metric in measured]
    of_arms = [metric.name for metric in measured if metric.role is not MetricRole.SANITY]
    variables, controls = draw(settings())
    expected = draw(baselines(of_arms))
    zero = {baseline.metric for baseline in expected if baseline.expected == 0}
    success = [
        SuccessCriterion(name, left, draw(st.sampled_from(Comparison)), draw(FINITE))
        for name, left in draw(
            st.lists(st.tuples(st.sampled_from(of_arms), st.sampled_from(LEFTS)), min_size=1, max_size=3, unique=True)
        )
        if name not in zero or "/" not in left
    ] or [SuccessCriterion(of_arms[0], "treatment", Comparison.BELOW, 1.0)]
    mve = draw(st.none() | texts())
    seeds = st.lists(st.integers(-(2**64) + 1, 2**64 - 1) | st.integers(0, 9), min_size=1, max_size=8, unique=True)
    treatment = draw(seeds | st.integers(1, 50).map(lambda count: [*range(count)]))
    kinds = draw(st.lists(st.sampled_from(BudgetKind), min_size=1, unique=True))
    limits = [
        BudgetLimit(
            kind, float(draw(st.integers(1, 10**15))) if kind in (BudgetKind.RUNS, BudgetKind.STEPS) else draw(POSITIVE)
        )
        for kind in kinds
    ]
    return Spec(
        id="exp-001-name",
        path="experiments/exp-001-name.md",
        title=draw(LINES.map(lambda title: f"{title} x")),
        hypothesis=draw(texts()),
        variables=variables,
        controls=controls,
        metrics=measured,
        baselines=expected,
        success=tuple(success),
        mve=mve,
        procedure=draw(texts(empty=True)),
        protocol=draw(protocols([each.name for each in (*variables, *controls)], mve=mve is not None)),
        seeds=tuple(treatment),
        baseline_seeds=tuple(draw(st.just(treatment) | seeds | st.just([]))),
        budget=Budget(draw(LINES), tuple(limits), draw(computes())),
        abort=draw(aborts(names)),
        confounds=tuple(draw(st.lists(LINES, max_size=3))),
        files=tuple(draw(st.lists(FOLDERS, max_size=3, unique=True))),
        dependencies=tuple(
            draw(st.lists(st.sampled_from(["numpy", "torch>=2", "a[b]; python_version < '3.12'"]), unique=True))
        ),
    )
