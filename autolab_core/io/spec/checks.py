"""What the parts of a spec ask of one another, and what a spec has to have."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from autolab_core.io.experiment_layout import experiment_number
from autolab_core.io.spec import abort, baselines, budget, criteria, metrics, seeds, settings
from autolab_core.io.spec.findings import Findings
from autolab_core.io.spec.outline import Outline, Section
from autolab_core.io.spec.protocol import placeholders
from autolab_core.io.spec.sections import Part
from autolab_core.models.experiment.spec import Spec
from autolab_core.vocab.experiment import MetricRole, Phase
from autolab_core.vocab.ids import placeholder_in

__all__ = ["BLANK", "check_spec"]

# What the template has where an author has to write, and what authors write for later.
BLANK = "TODO"
_BLANKS = frozenset({BLANK, "TBD", "FIXME"})


def check_spec(spec: Spec, outline: Outline, parts: Mapping[Part, Section], found: Findings) -> None:
    """Put to *found* what is missing in *spec*, whose sections are *parts*, and what does not fit together.

    What could not be read in a section is not missing there, too.
    """
    read = {part for part, section in parts.items() if not found.any_within(section.line, section.last)}
    if experiment_number(spec.id) is None:
        found.problem(1, f"the file is called {spec.id}; results of earlier experiments are known by exp-NNN-name")
    for key, message in (
        *_complete(spec, read),
        *_roles(spec),
        *_nested_settings(spec),
        *(_phases(spec) if Part.PROTOCOL in read else ()),
        *_blanks(spec),
    ):
        found.problem(found.line(key), message)
    for line, text in enumerate(outline.lines, 1):
        if blank := _blank(text):
            found.problem(line, f"{blank} is still here; write what belongs here, or remove it")
    for key, message in _worth_a_look(spec):
        found.note(found.line(key), message)


def _complete(spec: Spec, read: Collection[Part]) -> Iterator[tuple[str, str]]:
    has: tuple[tuple[Part, object, str], ...] = (
        (Part.HYPOTHESIS, _visible(spec.hypothesis), "it is text: what is expected to happen, and why"),
        (Part.VARIABLES, spec.variables, settings.VARIABLE_FORM),
        (Part.METRICS, spec.metrics, f"below ### Primary, {metrics.FORM}"),
        (Part.BASELINES, spec.baselines, baselines.FORM),
        (Part.SUCCESS, spec.success, criteria.FORM),
        (Part.SEEDS, spec.seeds, seeds.FORM),
        (Part.BUDGET, spec.budget.limits, budget.FORM),
        (Part.BUDGET, spec.budget.tier, "- tier: small"),
    )
    for part, value, form in has:
        if not value and part in read:
            what = "tier" if part is Part.BUDGET and value == "" else "limit" if part is Part.BUDGET else "entry"
            yield part.name.casefold(), f"{part} has no {what} that could be read; write {form}"
    if spec.metrics and Part.METRICS in read and not any(metric.role is MetricRole.PRIMARY for metric in spec.metrics):
        yield "metrics", f"there is no primary metric; write below ### Primary {metrics.FORM}"


def _visible(text: str) -> str:
    """*text*, or nothing where all of it is a comment."""
    return "" if text.startswith("<!--") and text.find("-->") == len(text) - len("-->") else text


def _roles(spec: Spec) -> Iterator[tuple[str, str]]:
    sanity = {metric.name for metric in spec.metrics if metric.role is MetricRole.SANITY}
    for baseline in spec.baselines:
        if baseline.metric in sanity:
            yield f"baselines/{baseline.metric}", f"{baseline.metric} is a sanity check, which belongs to no arm"
    zero = {baseline.metric for baseline in spec.baselines if baseline.expected == 0}
    for at, criterion in enumerate(spec.success):
        if criterion.metric in sanity:
            yield f"success/{at}", f"{criterion.metric} is a sanity check, which belongs to no arm"
        if "/" in criterion.left and criterion.metric in zero:
            yield f"success/{at}", f"the baseline of {criterion.metric} is 0, and nothing can be divided by it"


def _nested_settings(spec: Spec) -> Iterator[tuple[str, str]]:
    names = {setting.name for setting in (*spec.variables, *spec.controls)}
    for name in sorted(names):
        parts = name.split(".")
        for end in range(1, len(parts)):
            above = ".".join(parts[:end])
            if above in names:
                yield f"settings/{name}", f"{name} lies within {above}, which has a value of its own"


def _phases(spec: Spec) -> Iterator[tuple[str, str]]:
    protocol = spec.protocol
    if bool(protocol.baseline) != bool(protocol.treatment):
        there, missing = (Phase.BASELINE, Phase.TREATMENT) if protocol.baseline else (Phase.TREATMENT, Phase.BASELINE)
        yield f"protocol/{there}", f"the protocol has commands for {there} and none for {missing}"
    if spec.mve is not None and not _visible(spec.mve):
        yield "mve", f"{Part.MVE} is empty; say what it is, or remove the section"
    if protocol.mve and spec.mve is None:
        yield f"protocol/{Phase.MVE}", f"the protocol has {Phase.MVE} commands, and there is no section '## {Part.MVE}'"
    if spec.mve is not None and protocol.treatment and not protocol.mve:
        yield "mve", f"there is a {Part.MVE}, and the protocol has no {Phase.MVE} command"


def _blanks(spec: Spec) -> Iterator[tuple[str, str]]:
    texts = [
        ("title", spec.title),
        ("budget/tier", spec.budget.tier),
        *((f"baselines/{each.metric}", each.source) for each in spec.baselines),
        *((f"metrics/{each.name}", each.description) for each in spec.metrics),
        *((f"protocol/{Phase.SANITY}", command) for command in spec.protocol.sanity.values()),
        *((f"protocol/{phase}", command) for phase in _WITH_COMMANDS for command in getattr(spec.protocol, phase)),
    ]
    for key, text in texts:
        if placeholder := placeholder_in(text):
            yield key, f"the placeholder {placeholder} is still here; write what it stands for"


_WITH_COMMANDS = (Phase.BASELINE, Phase.MVE, Phase.TREATMENT)


def _worth_a_look(spec: Spec) -> Iterator[tuple[str, str]]:
    judged = {criterion.metric for criterion in spec.success}
    for metric in spec.metrics:
        if metric.role is MetricRole.PRIMARY and metric.name not in judged:
            yield f"metrics/{metric.name}", f"no success criterion is about the primary metric {metric.name}"
    if not spec.abort:
        yield "abort", f"there is no abort criterion; one is {abort.FORM}"
    if spec.protocol.baseline and spec.protocol.baseline == spec.protocol.treatment:
        used = {name for command in spec.protocol.baseline for name in placeholders(command)}
        if not used & {setting.name for setting in spec.variables}:
            yield "protocol/treatment", "the commands of both arms are the same, and hold no independent variable"
    if not spec.protocol.baseline and not spec.protocol.treatment:
        yield (
            "protocol",
            "the protocol has no commands for baseline and treatment: something else has to make the numbers",
        )


def _blank(text: str) -> str | None:
    if not any(word in text for word in _BLANKS):
        return None
    # A name that holds such a word is a name, and a file of that name with a suffix is a blank of the template's.
    apart = "".join(character if character.isalnum() or character == "_" else " " for character in text)
    return next((word for word in apart.split() if word in _BLANKS), None)
