"""``result_sanity``: the numbers in ``metrics.json`` are numbers, are this run's, and follow from one another.

Whether a result is *good* is not asked here; only whether it can be what it says it is.
"""

# No `from __future__ import annotations`: see contract/findings.py.

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from autolab_core.models.aggregation import AGGREGATES, DEFAULT_AGGREGATION
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.states import ENDED, MetricsStatus, RunStatus, Severity
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.design_facts import DesignFacts
from autolab_verifiers.contract.findings import Finding, Skip
from autolab_verifiers.contract.rounding import RELATIVE, follows, rounding
from autolab_verifiers.contract.rules import RuleSet
from autolab_verifiers.contract.run_facts import MetricsFacts
from autolab_verifiers.contract.values import as_number, escape, list_at, number_at, show, text_at

__all__ = ["VERIFIER"]

VERIFIER: Final = RuleSet("result_sanity", "The run's numbers can be what they say they are.")

_GROUPS: Final = (("baselines", "baseline_results"), ("variants", "variant_results"))
_NO_NUMBERS: Final = frozenset({"nan", "inf", "infinity"})
_NUMBERS: Final = frozenset({int, float})
_NAMED_AT_MOST: Final = 5


@VERIFIER.rule("RS001", "a run that ended with results has its metrics", hint="run `autolab extract`")
def metrics_exist(context: VerifyContext) -> Iterator[Finding]:
    """A run is ``completed`` because its metrics were judged. A failed run may have some, or none."""
    status, path = context.manifest_facts.status, context.run.metrics
    if context.tree.exists(path):
        return
    if status not in ENDED:
        raise Skip(f"the run is still {status}")
    if status is not RunStatus.FAILED:
        yield context.missing(path, f"does not exist, but the run is {status}")


@VERIFIER.rule("RS002", "every result is a finite number", hint="mend the extraction; a diverged run is `failed`")
def numbers_are_finite(context: VerifyContext) -> Iterator[Finding]:
    """A metric that is NaN, a string or absent cannot be compared, and text like "NaN" hides from a reader of JSON."""
    facts = context.metrics_facts
    path, primary = facts.path, facts.primary.get("value")
    if facts.is_completed and as_number(primary) is None:
        message = f"the primary metric's value is {show(primary)}, not a finite number"
        yield context.at(path, "/primary_metric/value", message)
    groups = {**facts.results, "per_run_metrics": facts.per_run} if _may_hide(context.tree.source(path)) else {}
    for key, rows in groups.items():
        for index, row in enumerate(rows):
            for name, value in row.items() if isinstance(row, dict) else ():
                if _hides_no_number(value):
                    yield _no_number(context, path, f"/{key}/{index}", name, value)
    for key, rows in facts.results.items() if facts.is_completed else ():
        for index, row in enumerate(rows):
            value = row.get("value", 0) if isinstance(row, dict) else 0
            if as_number(value) is None and not _hides_no_number(value):
                yield _no_number(context, path, f"/{key}/{index}", "value", value)


def _no_number(context: VerifyContext, path: str, row: str, name: str, value: object) -> Finding:
    return context.at(path, f"{row}/{escape(name)}", f"`{name}` is {show(value)}, not a finite number")


def _may_hide(source: bytes) -> bool:
    """False when no string of the JSON text *source* can be one of ``_NO_NUMBERS``: most texts need no closer look.

    The readers of JSON let through no number that is none.
    """
    lower = source.lower()
    return b"nan" in lower or b"inf" in lower or b"\\" in source


def _hides_no_number(value: object) -> bool:
    """True for text that stands for a number that is none ("NaN", "-inf"), and for such numbers themselves."""
    if type(value) is float:
        return not math.isfinite(value)
    if isinstance(value, str):
        return value.strip().lower().lstrip("+-") in _NO_NUMBERS
    return False


@VERIFIER.rule("RS003", "the metrics name the run and iteration whose folder they lie in", hint="do not copy metrics")
def ids_match_folders(context: VerifyContext) -> Iterator[Finding]:
    """Numbers that were copied from another run are not this run's."""
    facts = context.metrics_facts
    for key, wanted in (("run_id", context.run_id), ("iteration_id", context.iteration_id)):
        found = facts.data.get(key)
        if found != wanted:
            yield context.at(facts.path, f"/{key}", f"`{key}` is {show(found)}, but the folder says {show(wanted)}")


@VERIFIER.rule("RS004", "the primary metric is the design's", hint="report the metric that the design commits to")
def primary_metric_is_the_designs(context: VerifyContext) -> Iterator[Finding]:
    """Success criteria are committed to before the run; another metric afterwards is another experiment."""
    facts, wanted = context.metrics_facts, context.design_facts.primary
    if wanted is None:
        raise Skip("the design names no primary metric")
    found = facts.primary.get("name")
    if found != wanted:
        message = f"the primary metric is {show(found)}, the design's is {show(wanted)}"
        yield context.at(facts.path, "/primary_metric/name", message)


@VERIFIER.rule("RS005", "the metrics' status is the run's", hint="run `autolab extract`")
def statuses_agree(context: VerifyContext) -> Iterator[Finding]:
    """Two files that tell different ends of one run leave a reader to pick; and only an ended run has results."""
    facts = context.metrics_facts
    status, said = context.manifest_facts.status, facts.data.get("status")
    if status not in ENDED:
        yield context.at(facts.path, "/status", f"there are metrics, but the run is still {status}")
    elif said != status:
        yield context.at(facts.path, "/status", f"the metrics say {show(said)}, the manifest says '{status}'")


@VERIFIER.rule("RS006", "each arm of the design has one result, and nothing else has", hint="report the design's arms")
def every_arm_has_a_result(context: VerifyContext) -> Iterator[Finding]:
    """An arm that is left out, reported twice or added afterwards changes what is being compared.

    Metrics that are not ``completed`` may lack arms (RS010 asks them to name what is missing).
    """
    facts, arms = context.metrics_facts, context.design_facts.arms
    if not any(arms.values()):
        raise Skip("the design names no baselines and no variants")
    for group, results in _GROUPS:
        if not _one_each(arms[group], facts.results[results]):
            yield from _not_one_each(context, facts, results, arms[group])


def _one_each(arms: list[str], rows: list[Any]) -> bool:
    """True when *rows* are those of *arms*, which differ, in their order: as nearly always."""
    if len(rows) != len(arms) or len(set(arms)) < len(arms):
        return False
    return [row.get("name") for row in rows if isinstance(row, dict)] == arms


def _not_one_each(context: VerifyContext, facts: MetricsFacts, results: str, arms: list[str]) -> Iterator[Finding]:
    found: set[str] = set()
    for index, row in enumerate(facts.results[results]):
        name, pointer = text_at(row, "/name"), f"/{results}/{index}"
        if name is None or name not in arms:
            message = f"{show(name)} is none of the design's {' or '.join(arms) or 'arms'}"
            yield context.at(facts.path, pointer, message)
        elif name in found:
            yield context.at(facts.path, pointer, f"{show(name)} has a second result")
        found.add(name or "")
    absent = [name for name in dict.fromkeys(arms) if name not in found]
    if absent and facts.is_completed:
        yield context.at(facts.path, f"/{results}", f"no result for {', '.join(absent)}")


@VERIFIER.rule(
    "RS007", "`delta_vs_baseline` is the value less the baseline's", hint="delta = value - baseline, same unit"
)
def delta_follows(context: VerifyContext) -> Iterator[Finding]:
    """The delta decides about success; it must follow from the numbers beside it, as exactly as they are written.

    Each number may have been rounded to the decimals that it shows; one millionth is always allowed.
    """
    facts = context.metrics_facts
    value, delta = as_number(facts.primary.get("value")), as_number(facts.primary.get("delta_vs_baseline"))
    baselines = facts.results["baseline_results"]
    baseline = number_at(baselines[0], "/value") if len(baselines) == 1 else None
    if value is None or delta is None or baseline is None:
        raise Skip("needs a value, a delta and exactly one baseline")
    value, delta, baseline = float(value), float(delta), float(baseline)
    off, allowed = abs(value - baseline - delta), RELATIVE * max(abs(value), abs(baseline))
    if not off <= allowed and not off <= rounding(delta, (value, baseline), 1.0):
        message = f"is {delta}, but {value} - {baseline} = {value - baseline:.6g}"
        yield context.at(facts.path, "/primary_metric/delta_vs_baseline", message)


class _Seeds(NamedTuple):
    """Which rows there have to be: *replicates* for each of *names*, with the seeds from *base* on where *known*.

    With *fixed* the seed is *base* for all of them, and they differ in their run.
    """

    names: Sequence[str]
    replicates: int
    base: float
    known: bool
    fixed: bool = False


@VERIFIER.rule("RS008", "every arm has every replicate once", hint="run the missing seeds; never drop or repeat one")
def replicates_are_complete(context: VerifyContext) -> Iterator[Finding]:
    """A seed that is left out could be the one that disagrees. Rows are ``{"name": arm, "seed": k, metric: number}``.

    With ``seed_strategy: increment`` the seeds are ``base_seed`` (0 when it is not given) and the ``count - 1`` after
    it; otherwise only their number is known. Metrics that are not ``completed`` may lack rows. A run that is one
    replicate of a group has its own seed alone, and need not have rows.
    """
    facts, design = context.metrics_facts, context.design_facts
    if design.replicates is None:
        raise Skip("the design asks for no replicates")
    names = [name for arms in design.arms.values() for name in arms]
    own = _own_seed(context)
    if own is not None:
        if facts.per_run:
            yield from _not_every_replicate_once(context, facts, _Seeds(names or [*facts.rows], 1, own, True))
    elif not _every_replicate_once(facts, design):
        if design.array and not names:
            names = [facts.primary_name]
        wanted = _Seeds(names, design.replicates, design.base_seed, design.in_order or design.fixed, design.fixed)
        yield from _not_every_replicate_once(context, facts, wanted)


def _own_seed(context: VerifyContext) -> float | None:
    """The seed of a run that is a replicate; None for any other run."""
    try:
        return as_number(context.manifest_facts.replicate.get("seed"))
    except (Skip, DocumentError):
        return None


def _every_replicate_once(facts: MetricsFacts, design: DesignFacts) -> bool:
    """True when each arm has its seeds in order, and nothing else has any: as nearly always."""
    seeds, found = design.seeds, 0
    if seeds is None:
        return False
    for names in design.arms.values():
        for name in names:
            rows = facts.rows.get(name, ())
            found += len(rows)
            given = [row.get("seed") for row in rows]
            if given != seeds or float in (kinds := set(map(type, given))) or bool in kinds:
                return False
    return found == len(facts.per_run)


def _not_every_replicate_once(context: VerifyContext, facts: MetricsFacts, wanted: _Seeds) -> Iterator[Finding]:
    path, base, count, known = facts.path, wanted.base, wanted.replicates, wanted.known
    seeds: dict[str, set[object]] = {name: set() for name in wanted.names}
    last = base if wanted.fixed else base + count - 1
    for index, row in enumerate(facts.per_run):
        name, seed, pointer = text_at(row, "/name"), number_at(row, "/seed"), f"/per_run_metrics/{index}"
        one = text_at(row, "/run_id") if wanted.fixed else seed
        if name not in seeds or seed is None:
            yield context.at(path, pointer, f"{show(name)} with seed {show(seed)} is no replicate of the design")
        elif one in seeds[name]:
            yield context.at(path, pointer, f"{name} has {'run' if wanted.fixed else 'seed'} {one} twice")
        elif known and not (isinstance(seed, int) and base <= seed <= last):
            yield context.at(path, f"{pointer}/seed", f"{name} has seed {seed}, which the design does not ask for")
        else:
            seeds[name].add(one)
    if not facts.is_completed:
        return
    for name, found in seeds.items():
        if len(found) < count:
            which = f" ({_first_missing(found, int(base), count)})" if known and not wanted.fixed else ""
            yield context.at(path, "/per_run_metrics", f"{name} has {len(found)} of {count} replicates{which}")


def _first_missing(found: set[object], base: int, count: int) -> str:
    """The first seeds that are not there; as many steps as there are rows, whatever *count* claims."""
    missing: list[str] = []
    for seed in range(base, base + count):
        if len(missing) == _NAMED_AT_MOST:
            return f"missing seeds {', '.join(missing)}, …"
        if seed not in found:
            missing.append(str(seed))
    return f"missing seeds {', '.join(missing)}"


@VERIFIER.rule("RS009", "each arm's result is the aggregate of its replicates", hint="aggregate the rows as designed")
def aggregates_follow(context: VerifyContext) -> Iterator[Finding]:
    """The value of an arm must be recomputable from the rows beside it (mean, median, min or max).

    ``value`` is compared with the rows' primary metric, any other number with the rows' number of the same name.
    Each number may have been rounded to the decimals that it shows; one millionth is always allowed.
    """
    facts = context.metrics_facts
    method = text_at(facts.data, "/aggregation_method") or context.design_facts.aggregation or DEFAULT_AGGREGATION
    aggregate = AGGREGATES.get(method)
    if aggregate is None:
        raise Skip(f"aggregation {show(method)} cannot be recomputed here")
    primary, compared = facts.primary_name, False
    for key, results in facts.results.items():
        for index, result in enumerate(results):
            rows = facts.rows.get(text_at(result, "/name") or "", ())
            for field, value in result.items() if isinstance(result, dict) and rows else ():
                if type(value) not in _NUMBERS:
                    continue
                source = primary if field == "value" else field
                numbers: list[Any] = [row.get(source) for row in rows]
                if not _are_numbers(value, *numbers):
                    continue
                compared = True
                if not follows(value, numbers, aggregate):
                    message = f"`{field}` is {value}, which is not the {method} of the {len(numbers)} rows' {source}"
                    yield context.at(facts.path, f"/{key}/{index}/{escape(field)}", message)
    if not compared:
        raise Skip("there are no per-run rows to aggregate")


def _are_numbers(*values: object) -> bool:
    """True when each of *values* is what ``as_number`` takes for a number."""
    if not _NUMBERS.issuperset(map(type, values)):
        return False
    try:
        return all(map(math.isfinite, values))  # type: ignore[arg-type]  # they are numbers
    except OverflowError:
        return False


@VERIFIER.rule("RS010", "metrics that are not complete name what is missing", hint="list the evidence under `missing`")
def gaps_are_named(context: VerifyContext) -> Iterator[Finding]:
    """Extraction sets partial or failed "with the missing evidence named": a gap that nobody names is never filled."""
    facts = context.metrics_facts
    status = facts.status
    if status in (MetricsStatus.PARTIAL, MetricsStatus.FAILED) and not list_at(facts.data, "/missing"):
        yield context.at(facts.path, "/missing", f"the metrics are {status} but `missing` names nothing")


@VERIFIER.rule("RS011", "replicates with different seeds differ", hint="check that the seed reaches the experiment")
def seeds_make_a_difference(context: VerifyContext) -> Iterator[Finding]:
    """Only a warning: a deterministic experiment is possible, a seed that is not used is more likely."""
    facts = context.metrics_facts
    primary = facts.primary_name
    for name, rows in facts.rows.items():
        if len(rows) < 2 or rows[0].get(primary) != rows[1].get(primary):
            continue
        seeds = {seed for row in rows if (seed := as_number(row.get("seed"))) is not None}
        values = [as_number(row.get(primary)) for row in rows]
        if name and len(seeds) > 1 and None not in values and len(set(values)) == 1:
            message = f"{name} gives exactly {values[0]} for each of {len(seeds)} seeds"
            yield context.at(facts.path, "/per_run_metrics", message, severity=Severity.WARNING)
