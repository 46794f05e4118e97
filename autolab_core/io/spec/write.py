"""A ``Spec`` as Markdown: the canonical form, which reads back as the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from autolab_core.io.spec.abort import print_abort
from autolab_core.io.spec.baselines import print_baseline
from autolab_core.io.spec.budget import TIER, print_limits
from autolab_core.io.spec.compute import compute_data
from autolab_core.io.spec.criteria import print_success
from autolab_core.io.spec.implementation import print_implementation
from autolab_core.io.spec.metrics import print_metric
from autolab_core.io.spec.protocol import INFO, protocol_data
from autolab_core.io.spec.read import read_spec
from autolab_core.io.spec.sections import COMPUTE, ROLES, Part
from autolab_core.io.spec.seeds import print_seeds
from autolab_core.io.spec.settings import print_setting
from autolab_core.io.spec.yaml_block import print_yaml
from autolab_core.models.experiment.spec import Spec
from autolab_core.vocab.errors import StoreError

__all__ = ["print_spec"]


def print_spec(spec: Spec) -> str:
    """*spec* in the canonical form.

    Raises StoreError for a spec that the grammar cannot hold: a title with a line break, say. Reading what was
    printed gives *spec* again; that is tried each time.
    """
    text = "\n".join(_spec(spec)) + "\n"
    again = read_spec(text.encode(), spec.path).spec
    if again != spec:
        names = [field.name for field in attrs.fields(Spec) if getattr(again, field.name) != getattr(spec, field.name)]
        raise StoreError(spec.path, f"cannot be written as a spec: {', '.join(names)} would not read back the same")
    return text


def _spec(spec: Spec) -> Iterator[str]:
    metrics = {metric.name: metric for metric in spec.metrics}
    yield f"# {spec.id}: {spec.title}"
    yield from _section(Part.HYPOTHESIS, [spec.hypothesis])
    yield from _section(Part.VARIABLES, _items(map(print_setting, spec.variables)))
    yield from _section(Part.CONTROLS, _items(map(print_setting, spec.controls)))
    yield from _section(Part.METRICS, [])
    for name, role in ROLES.items():
        listed = [print_metric(metric) for metric in spec.metrics if metric.role is role]
        if listed:
            yield from ("", f"### {name}", "", *_items(listed))
    yield from _section(
        Part.BASELINES, _items(print_baseline(each, metrics.get(each.metric)) for each in spec.baselines)
    )
    yield from _section(Part.SUCCESS, _items(map(print_success, spec.success)))
    if spec.mve is not None:
        yield from _section(Part.MVE, [spec.mve])
    commands = print_yaml(protocol_data(spec.protocol))
    text = [spec.procedure, ""] if spec.procedure else []
    yield from _section(Part.PROTOCOL, [*text, f"```{INFO}", *commands, "```"])
    yield from _section(Part.SEEDS, _items(print_seeds(spec.seeds, spec.baseline_seeds)))
    yield from _budget(spec)
    yield from _section(Part.ABORT, _items(map(print_abort, spec.abort)))
    yield from _section(Part.CONFOUNDS, _items(spec.confounds))
    if implementation := print_implementation(spec.files, spec.dependencies):
        yield from _section(Part.IMPLEMENTATION, _items(implementation))


def _budget(spec: Spec) -> Iterator[str]:
    tier = [f"{TIER}: {spec.budget.tier}"] if spec.budget.tier else []
    yield from _section(Part.BUDGET, _items([*tier, *print_limits(spec.budget.limits)]))
    if profile := print_yaml(compute_data(spec.budget.compute)):
        yield from ("", f"### {COMPUTE}", "", "```yaml", *profile, "```")


def _section(part: Part, body: Iterable[str]) -> Iterator[str]:
    yield from ("", f"## {part}")
    lines = [*body]
    if lines:
        yield ""
    yield from lines


def _items(texts: Iterable[str]) -> list[str]:
    return [f"- {text}" for text in texts]
