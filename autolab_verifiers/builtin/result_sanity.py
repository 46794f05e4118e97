"""``result_sanity``: the numbers in ``metrics.json`` are numbers, are this run's, and follow from one another.

Whether a result is *good* is not asked here; only whether it can be what it says it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from autolab_core.vocab.states import MetricsStatus, RunStatus, Severity
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.findings import Finding
from autolab_verifiers.contract.rules import RuleSet, Skip
from autolab_verifiers.contract.runs import status_of
from autolab_verifiers.contract.values import as_number, escape, list_at, number_at, show, text_at, value_at, word_at

__all__ = ["VERIFIER"]

VERIFIER: Final = RuleSet("result_sanity", "The run's numbers can be what they say they are.")

_GROUPS: Final = (("baselines", "baseline_results"), ("variants", "variant_results"))
_RESULTS: Final = tuple(results for _, results in _GROUPS)
_NAMED_AT_MOST: Final = 5
_RELATIVE: Final = 1e-6
_MOST_DECIMALS: Final = 17


def _completed(metrics: dict[str, Any]) -> bool:
    return word_at(metrics, "/status", MetricsStatus) is MetricsStatus.COMPLETED


def _primary_of_design(context: VerifyContext) -> str:
    name = text_at(context.design(), "/metrics/primary/name")
    if name is None:
        raise Skip("the design names no primary metric")
    return name


def _arms(context: VerifyContext, key: str) -> list[str]:
    """The names of the design's baselines or variants."""
    entries = list_at(context.design(), f"/{key}")
    return [name for entry in entries if (name := text_at(entry, "/name")) is not None]


def _decimals(value: float) -> int:
    """How many digits *value* shows after its point; 0 for a whole number, which may have been rounded or not."""
    text = repr(float(value))
    if "e" in text:
        return _MOST_DECIMALS if abs(value) < 1 else 0
    fraction = text.partition(".")[2]
    return 0 if fraction == "0" else len(fraction)


def _rounding(result: float, sources: Sequence[float], weight: float) -> float:
    """How far *result* may be from what *sources* give when all were rounded to what they show.

    Half a unit of the last decimal that the result shows (where it is whole: that the sources show), and *weight*
    units of the last decimal that the sources show; a millionth of the result where that is more.
    """
    finest = max(_decimals(number) for number in sources)
    own = 0.5 * 10.0 ** -(_decimals(result) or finest)
    theirs = weight * 10.0**-finest if finest else 0.0
    return max(own + theirs, _RELATIVE * abs(result))


@VERIFIER.rule("RS001", "a run that ended with results has its metrics", hint="run `autolab extract`")
def metrics_exist(context: VerifyContext) -> Iterator[Finding]:
    """A run is ``completed`` because its metrics were judged. A failed run may have some, or none."""
    status, path = status_of(context), context.run.metrics
    if context.tree.exists(path):
        return
    if not status.ended:
        raise Skip(f"the run is still {status}")
    if status is not RunStatus.FAILED:
        yield context.missing(path, f"does not exist, but the run is {status}")


@VERIFIER.rule("RS002", "every result is a finite number", hint="mend the extraction; a diverged run is `failed`")
def numbers_are_finite(context: VerifyContext) -> Iterator[Finding]:
    """A metric that is NaN, a string or absent cannot be compared, and text like "NaN" hides from a reader of JSON."""
    metrics, path = context.metrics(), context.run.metrics
    primary, completed = "/primary_metric/value", _completed(metrics)
    if completed and number_at(metrics, primary) is None:
        message = f"the primary metric's value is {show(value_at(metrics, primary))}, not a finite number"
        yield context.at(path, primary, message)
    for key in (*_RESULTS, "per_run_metrics"):
        for index, row in enumerate(list_at(metrics, f"/{key}")):
            fields = row.items() if isinstance(row, dict) else ()
            for name, value in fields:
                needed = completed and name == "value" and key in _RESULTS
                if _hides_no_number(value) or (needed and as_number(value) is None):
                    pointer = f"/{key}/{index}/{escape(name)}"
                    yield context.at(path, pointer, f"`{name}` is {show(value)}, not a finite number")


def _hides_no_number(value: object) -> bool:
    """True for text that stands for a number that is none ("NaN", "-inf"), and for such numbers themselves."""
    if type(value) is float:
        return not math.isfinite(value)
    if isinstance(value, str):
        return value.strip().lower().lstrip("+-") in {"nan", "inf", "infinity"}
    return False


@VERIFIER.rule("RS003", "the metrics name the run and iteration whose folder they lie in", hint="do not copy metrics")
def ids_match_folders(context: VerifyContext) -> Iterator[Finding]:
    """Numbers that were copied from another run are not this run's."""
    metrics, path = context.metrics(), context.run.metrics
    for key, wanted in (("run_id", context.run_id), ("iteration_id", context.iteration_id)):
        found = value_at(metrics, f"/{key}")
        if found != wanted:
            yield context.at(path, f"/{key}", f"`{key}` is {show(found)}, but the folder says {show(wanted)}")


@VERIFIER.rule("RS004", "the primary metric is the design's", hint="report the metric that the design commits to")
def primary_metric_is_the_designs(context: VerifyContext) -> Iterator[Finding]:
    """Success criteria are committed to before the run; another metric afterwards is another experiment."""
    metrics, path = context.metrics(), context.run.metrics
    wanted, found = _primary_of_design(context), value_at(metrics, "/primary_metric/name")
    if found != wanted:
        message = f"the primary metric is {show(found)}, the design's is {show(wanted)}"
        yield context.at(path, "/primary_metric/name", message)


@VERIFIER.rule("RS005", "the metrics' status is the run's", hint="run `autolab extract`")
def statuses_agree(context: VerifyContext) -> Iterator[Finding]:
    """Two files that tell different ends of one run leave a reader to pick; and only an ended run has results."""
    metrics, path = context.metrics(), context.run.metrics
    status, said = status_of(context), value_at(metrics, "/status")
    if not status.ended:
        yield context.at(path, "/status", f"there are metrics, but the run is still {status}")
    elif said != status:
        yield context.at(path, "/status", f"the metrics say {show(said)}, the manifest says '{status}'")


@VERIFIER.rule("RS006", "each arm of the design has one result, and nothing else has", hint="report the design's arms")
def every_arm_has_a_result(context: VerifyContext) -> Iterator[Finding]:
    """An arm that is left out, reported twice or added afterwards changes what is being compared.

    Metrics that are not ``completed`` may lack arms (RS010 asks them to name what is missing).
    """
    metrics, path = context.metrics(), context.run.metrics
    wanted = {results: _arms(context, arms) for arms, results in _GROUPS}
    if not any(wanted.values()):
        raise Skip("the design names no baselines and no variants")
    for results, arms in wanted.items():
        found: set[str] = set()
        for index, row in enumerate(list_at(metrics, f"/{results}")):
            name, pointer = text_at(row, "/name"), f"/{results}/{index}"
            if name is None or name not in arms:
                yield context.at(path, pointer, f"{show(name)} is none of the design's {' or '.join(arms) or 'arms'}")
            elif name in found:
                yield context.at(path, pointer, f"{show(name)} has a second result")
            found.add(name or "")
        absent = [name for name in dict.fromkeys(arms) if name not in found]
        if absent and _completed(metrics):
            yield context.at(path, f"/{results}", f"no result for {', '.join(absent)}")


@VERIFIER.rule(
    "RS007", "`delta_vs_baseline` is the value less the baseline's", hint="delta = value - baseline, same unit"
)
def delta_follows(context: VerifyContext) -> Iterator[Finding]:
    """The delta decides about success; it must follow from the numbers beside it, as exactly as they are written.

    Each number may have been rounded to the decimals that it shows; one millionth is always allowed.
    """
    metrics, path = context.metrics(), context.run.metrics
    pointer = "/primary_metric/delta_vs_baseline"
    value, delta = number_at(metrics, "/primary_metric/value"), number_at(metrics, pointer)
    baselines = list_at(metrics, "/baseline_results")
    baseline = number_at(baselines, "/0/value") if len(baselines) == 1 else None
    if value is None or delta is None or baseline is None:
        raise Skip("needs a value, a delta and exactly one baseline")
    value, delta, baseline = float(value), float(delta), float(baseline)
    allowed = max(_rounding(delta, (value, baseline), 1.0), _RELATIVE * max(abs(value), abs(baseline)))
    if abs(value - baseline - delta) > allowed:
        yield context.at(path, pointer, f"is {delta}, but {value} - {baseline} = {value - baseline:.6g}")


@VERIFIER.rule("RS008", "every arm has every replicate once", hint="run the missing seeds; never drop or repeat one")
def replicates_are_complete(context: VerifyContext) -> Iterator[Finding]:
    """A seed that is left out could be the one that disagrees. Rows are ``{"name": arm, "seed": k, metric: number}``.

    With ``seed_strategy: increment`` the seeds are ``base_seed`` (0 when it is not given) and the ``count - 1`` after
    it; otherwise only their number is known. Metrics that are not ``completed`` may lack rows.
    """
    metrics, path = context.metrics(), context.run.metrics
    design = context.design()
    count = number_at(design, "/replicates/count")
    if not isinstance(count, int):
        raise Skip("the design asks for no replicates")
    base = number_at(design, "/replicates/base_seed") or 0
    known = text_at(design, "/replicates/seed_strategy") == "increment"
    arms = [name for key, _ in _GROUPS for name in _arms(context, key)]
    seeds: dict[str, set[float]] = {name: set() for name in arms}
    for index, row in enumerate(list_at(metrics, "/per_run_metrics")):
        name, seed, pointer = text_at(row, "/name"), number_at(row, "/seed"), f"/per_run_metrics/{index}"
        if name not in seeds or seed is None:
            yield context.at(path, pointer, f"{show(name)} with seed {show(seed)} is no replicate of the design")
        elif seed in seeds[name]:
            yield context.at(path, pointer, f"{name} has seed {seed} twice")
        elif known and not (isinstance(seed, int) and base <= seed < base + count):
            yield context.at(path, f"{pointer}/seed", f"{name} has seed {seed}, which the design does not ask for")
        else:
            seeds[name].add(seed)
    if not _completed(metrics):
        return
    for name, found in seeds.items():
        if len(found) < count:
            which = f" ({_first_missing(found, int(base), count)})" if known else ""
            yield context.at(path, "/per_run_metrics", f"{name} has {len(found)} of {count} replicates{which}")


def _first_missing(found: set[float], base: int, count: int) -> str:
    """The first seeds that are not there; as many steps as there are rows, whatever *count* claims."""
    missing: list[str] = []
    for seed in range(base, base + count):
        if len(missing) == _NAMED_AT_MOST:
            return f"missing seeds {', '.join(missing)}, …"
        if seed not in found:
            missing.append(str(seed))
    return f"missing seeds {', '.join(missing)}"


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _median(values: Sequence[float]) -> float:
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


_AGGREGATES: Final[dict[str, Callable[[Sequence[float]], float]]] = {
    "mean": _mean,
    "median": _median,
    "min": min,
    "max": max,
}


def _rows_of(metrics: dict[str, Any], arm: str) -> list[dict[str, Any]]:
    return [row for row in list_at(metrics, "/per_run_metrics") if isinstance(row, dict) and row.get("name") == arm]


@VERIFIER.rule("RS009", "each arm's result is the aggregate of its replicates", hint="aggregate the rows as designed")
def aggregates_follow(context: VerifyContext) -> Iterator[Finding]:
    """The value of an arm must be recomputable from the rows beside it (mean, median, min or max).

    ``value`` is compared with the rows' primary metric, any other number with the rows' number of the same name.
    Each number may have been rounded to the decimals that it shows; one millionth is always allowed.
    """
    metrics, path = context.metrics(), context.run.metrics
    method = text_at(metrics, "/aggregation_method") or text_at(context.design(), "/metrics/aggregation") or "mean"
    aggregate = _AGGREGATES.get(method)
    if aggregate is None:
        raise Skip(f"aggregation {show(method)} cannot be recomputed here")
    primary = text_at(metrics, "/primary_metric/name") or ""
    compared = False
    for key in _RESULTS:
        for index, result in enumerate(list_at(metrics, f"/{key}")):
            rows = _rows_of(metrics, text_at(result, "/name") or "")
            for field in result if isinstance(result, dict) and rows else ():
                value = as_number(result[field])
                source = primary if field == "value" else field
                numbers = [as_number(row.get(source)) for row in rows]
                known = [number for number in numbers if number is not None]
                if value is None or not known or len(known) < len(rows):
                    continue
                compared = True
                if not _equals(value, known, aggregate):
                    message = f"`{field}` is {value}, which is not the {method} of the {len(known)} rows' {source}"
                    yield context.at(path, f"/{key}/{index}/{escape(field)}", message)
    if not compared:
        raise Skip("there are no per-run rows to aggregate")


def _equals(value: float, rows: list[float], aggregate: Callable[[Sequence[float]], float]) -> bool:
    try:
        found = aggregate(rows)
    except OverflowError:
        return False
    off = abs(found - value)
    return off <= _RELATIVE * abs(value) or off <= _rounding(value, rows, 0.5)


@VERIFIER.rule("RS010", "metrics that are not complete name what is missing", hint="list the evidence under `missing`")
def gaps_are_named(context: VerifyContext) -> Iterator[Finding]:
    """Extraction sets partial or failed "with the missing evidence named": a gap that nobody names is never filled."""
    metrics, path = context.metrics(), context.run.metrics
    status = word_at(metrics, "/status", MetricsStatus)
    if status in (MetricsStatus.PARTIAL, MetricsStatus.FAILED) and not list_at(metrics, "/missing"):
        yield context.at(path, "/missing", f"the metrics are {status} but `missing` names nothing")


@VERIFIER.rule("RS011", "replicates with different seeds differ", hint="check that the seed reaches the experiment")
def seeds_make_a_difference(context: VerifyContext) -> Iterator[Finding]:
    """Only a warning: a deterministic experiment is possible, a seed that is not used is more likely."""
    metrics, path = context.metrics(), context.run.metrics
    primary = text_at(metrics, "/primary_metric/name") or ""
    names = [text_at(row, "/name") for row in list_at(metrics, "/per_run_metrics")]
    for name in dict.fromkeys(name for name in names if name):
        rows = _rows_of(metrics, name)
        seeds = {seed for row in rows if (seed := as_number(row.get("seed"))) is not None}
        values = [as_number(row.get(primary)) for row in rows]
        if len(seeds) > 1 and None not in values and len(set(values)) == 1:
            message = f"{name} gives exactly {values[0]} for each of {len(seeds)} seeds"
            yield context.at(path, "/per_run_metrics", message, severity=Severity.WARNING)
