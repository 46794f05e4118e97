"""A spec's bytes as a ``Spec``, with everything that is wrong with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Final, TypeVar

import attrs

from autolab_core.io.documents.source import decode_utf8
from autolab_core.io.experiment_layout import ExperimentPaths
from autolab_core.io.spec.abort import read_abort
from autolab_core.io.spec.baselines import Metrics, read_baseline
from autolab_core.io.spec.budget import read_budget
from autolab_core.io.spec.checks import check_spec
from autolab_core.io.spec.compute import read_compute
from autolab_core.io.spec.criteria import read_success
from autolab_core.io.spec.findings import Findings, Problem, Unclear, line_of
from autolab_core.io.spec.implementation import read_implementation
from autolab_core.io.spec.metrics import read_metric
from autolab_core.io.spec.outline import Fence, Item, Outline, Section, parse_outline
from autolab_core.io.spec.prose import read_confounds, read_text, read_title
from autolab_core.io.spec.protocol import INFO, read_protocol
from autolab_core.io.spec.scan import Scanner
from autolab_core.io.spec.sections import COMPUTE, ROLES, Part, assign, subsections
from autolab_core.io.spec.seeds import read_seeds
from autolab_core.io.spec.settings import read_control, read_variable
from autolab_core.io.spec.yaml_block import read_yaml_block
from autolab_core.models.experiment.spec import AbortCriterion, Budget, ComputeProfile, Metric, Protocol, Setting, Spec
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.ids import id_problem
from autolab_core.vocab.paths import relative_problem

__all__ = ["MAX_SPEC_BYTES", "SpecDocument", "load_spec", "read_spec"]

# Written by hand; the longest that we know of has 20 KB, and its reader is written in Python.
MAX_SPEC_BYTES: Final = 128 * 1024
_T = TypeVar("_T")


@attrs.frozen
class SpecDocument:
    """A spec as it was understood. What is in ``problems`` was not: where there are any, ``spec`` is a part of it.

    ``source`` are the bytes that were read. ``notes`` are worth a look and stop nothing.
    """

    spec: Spec
    source: bytes
    lines: Mapping[str, int]
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]

    def line(self, key: str) -> int:
        """The line of ``metrics/val_loss``, ``success/0``, ``abort/A1``, ``budget/wall clock``, ``protocol/treatment``,
        ``seeds``; the nearest part above it where there is none."""
        return line_of(self.lines, key)


def load_spec(source: bytes, path: str) -> SpecDocument:
    """``read_spec`` for who cannot go on with a spec that has problems: raises the first as a DocumentError."""
    document = read_spec(source, path)
    if document.problems:
        raise document.problems[0].error(path)
    return document


def read_spec(source: bytes, path: str) -> SpecDocument:
    """The spec *source*, whose file is *path* in its repository.

    Raises DocumentError for what is no text of a spec at all: another encoding, too long, a name that is no id.
    Everything else that is wrong is in the result's ``problems``, in the order of its lines.
    """
    text = _text(source, path)
    outline = parse_outline(text)
    found = Findings()
    for line, words in (
        (outline.too_deep, "lists or quotes are nested too deeply here"),
        (outline.unclosed, "this block of code or comment is never closed"),
    ):
        if line is not None:
            found.problem(line, words)
    parts = assign(outline, found)
    spec = _Reader(outline, parts, found).spec(path)
    check_spec(spec, outline, parts, found)
    return SpecDocument(spec, source, found.lines, found.problems, found.notes)


def _text(source: bytes, path: str) -> str:
    problem = relative_problem(path) or id_problem(ExperimentPaths(path).id)
    if problem is not None:
        raise DocumentError(path, f"cannot name a spec: {problem}", hint="write experiments/exp-001-name.md")
    if len(source) > MAX_SPEC_BYTES:
        raise DocumentError(path, f"is {len(source)} bytes long; the limit for a spec is {MAX_SPEC_BYTES} bytes")
    text = decode_utf8(source, path).replace("\r\n", "\n")
    for line, content in enumerate(text.split("\n"), 1):
        for column, character in enumerate(content, 1):
            if character < " " and character != "\t":
                words = f"holds the control character U+{ord(character):04X}"
                raise DocumentError(path, words, line=line, column=column, hint="remove it")
    if not text.strip():
        raise DocumentError(path, "is empty; it should hold a spec", line=1)
    return text


class _Reader:
    def __init__(self, outline: Outline, parts: Mapping[Part, Section], found: Findings) -> None:
        self.outline = outline
        self.parts = parts
        self.found = found
        # Names that stand where one is defined, in an item that could not be read.
        self.unread: dict[str, set[str]] = defaultdict(set)

    def spec(self, path: str) -> Spec:
        id_ = ExperimentPaths(path).id
        variables = self._each(Part.VARIABLES, "settings", read_variable, lambda each: each.name)
        controls = self._each(Part.CONTROLS, "settings", read_control, lambda each: each.name)
        metrics = self._metrics()
        known = dict.fromkeys(self.unread["metrics"]) | {metric.name: metric for metric in metrics}
        baselines = self._each(
            Part.BASELINES, "baselines", lambda text: read_baseline(text, known), lambda each: each.metric
        )
        protocol, skipped = self._protocol(variables + controls)
        seeds, baseline_seeds = read_seeds(self._items(Part.SEEDS), self.found)
        files, dependencies = read_implementation(self._items(Part.IMPLEMENTATION), self.found)
        mve = self.parts.get(Part.MVE)
        return Spec(
            id=id_,
            path=path,
            title=read_title(self.outline, id_, self.found),
            hypothesis=read_text(self.outline, self.parts.get(Part.HYPOTHESIS)),
            variables=variables,
            controls=controls,
            metrics=metrics,
            baselines=baselines,
            success=self._numbered(Part.SUCCESS, lambda text: read_success(text, known)),
            mve=None if mve is None else read_text(self.outline, mve),
            procedure=read_text(self.outline, self.parts.get(Part.PROTOCOL), skipped),
            protocol=protocol,
            seeds=seeds,
            baseline_seeds=baseline_seeds,
            budget=self._budget(),
            abort=self._abort(known),
            confounds=read_confounds(self._items(Part.CONFOUNDS)),
            files=files,
            dependencies=dependencies,
        )

    def _items(self, part: Part) -> tuple[Item, ...]:
        section = self.parts.get(part)
        return () if section is None else section.items if part.prose else _single(section.items)

    def _each(self, part: Part, key: str, read: Callable[[str], _T], name: Callable[[_T], str]) -> tuple[_T, ...]:
        """What *read* makes of each item of *part*; a name that stands already is a problem."""
        return self._named(self._items(part), key, read, name)

    def _named(
        self, items: tuple[Item, ...], key: str, read: Callable[[str], _T], name: Callable[[_T], str]
    ) -> tuple[_T, ...]:
        results = []
        for item in _single(items):
            with self.found.reading(item.line):
                result = read(item.text)
                if self.found.place(f"{key}/{name(result)}", item.line):
                    results.append(result)
                continue
            self._unread(key, item)
        return tuple(results)

    def _unread(self, key: str, item: Item) -> None:
        """Remember what *item* would have defined: who refers to it is not at fault."""
        with suppress(Unclear):
            self.unread[key].add(Scanner(item.text).name(key))

    def _numbered(self, part: Part, read: Callable[[str], _T]) -> tuple[_T, ...]:
        key = part.name.casefold()
        results: list[_T] = []
        for item in self._items(part):
            with self.found.reading(item.line):
                result = read(item.text)
                if result in results:
                    first = self.found.line(f"{key}/{results.index(result)}")
                    self.found.problem(item.line, f"this criterion is already on line {first}")
                self.found.lines[f"{key}/{len(results)}"] = item.line
                results.append(result)
        return tuple(results)

    def _metrics(self) -> tuple[Metric, ...]:
        section = self.parts.get(Part.METRICS)
        if section is None:
            return ()
        for item in section.items:
            self._unread("metrics", item)
            self.found.problem(item.line, f"this metric has no role; move it below one of ### {', ### '.join(ROLES)}")
        metrics: list[Metric] = []
        below = subsections(section, Part.METRICS, self.found)
        for name, role in ROLES.items():
            if name in below:
                metrics += self._named(
                    below[name].items,
                    "metrics",
                    partial(read_metric, role=role),
                    lambda each: each.name,
                )
        return tuple(metrics)

    def _abort(self, metrics: Metrics) -> tuple[AbortCriterion, ...]:
        results: list[AbortCriterion] = []
        for item in self._items(Part.ABORT):
            with self.found.reading(item.line):
                result = read_abort(item.text, f"A{len(results) + 1}", metrics)
                if self.found.place(f"abort/{result.text}", item.line):
                    self.found.lines[f"abort/{result.id}"] = item.line
                    results.append(result)
        return tuple(results)

    def _budget(self) -> Budget:
        section = self.parts.get(Part.BUDGET)
        if section is None:
            return Budget("", ())
        tier, limits = read_budget(section.items, self.found)
        profile = subsections(section, Part.BUDGET, self.found).get(COMPUTE)
        fences = (*section.fences, *(profile.fences if profile is not None else ()))
        for fence in fences[1:]:
            self.found.problem(fence.line, f"there is a second block of code; the {COMPUTE} is one")
        if profile is not None and not fences:
            self.found.problem(profile.line, f"the {COMPUTE} holds no fenced block; begin one with ```yaml")
        if not fences:
            return Budget(tier, limits)
        self.found.lines["compute"] = fences[0].line
        block = read_yaml_block(fences[0], f"the {COMPUTE}", self.found)
        return Budget(tier, limits, ComputeProfile() if block is None else read_compute(block, self.found))

    def _protocol(self, settings: tuple[Setting, ...]) -> tuple[Protocol, range]:
        """The protocol, and the lines of its block."""
        section = self.parts.get(Part.PROTOCOL)
        if section is None:
            return Protocol(), range(0)
        fences = [fence for fence in _fences(section) if fence.info.split() == INFO.split()]
        if not fences:
            self.found.problem(section.line, f"{Part.PROTOCOL} has no block of commands; begin one with ```{INFO}")
            return Protocol(), range(0)
        for fence in fences[1:]:
            self.found.problem(fence.line, f"there is already a block of commands on line {fences[0].line}")
        self.found.lines["protocol"] = fences[0].line
        block = read_yaml_block(fences[0], "the protocol", self.found)
        names = [*(setting.name for setting in settings), *self.unread["settings"]]
        protocol = Protocol() if block is None else read_protocol(block, names, self.found)
        return protocol, range(fences[0].line, fences[0].last + 1)


def _single(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """*items* without those that hold more than a line; ``sections`` has named them."""
    return tuple(item for item in items if item.parts == 1)


def _fences(section: Section) -> list[Fence]:
    return [*section.fences, *(fence for below in section.below for fence in _fences(below))]
