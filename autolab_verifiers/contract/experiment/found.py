"""Which experiments of a spec are judged now, and how a rule is asked about each of them.

Every verification asks this, so nothing that reads a spec or a journal is imported here.
"""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from autolab_core.io.experiment_layout import EXPERIMENT_RECORDS, ExperimentPaths
from autolab_core.io.layout import EXPERIMENTS, RESULTS, IterationPaths
from autolab_core.io.tree import Tree
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.ids import id_problem
from autolab_core.vocab.paths import relative_problem
from autolab_core.vocab.states import Severity
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.findings import Finding, Skip
from autolab_verifiers.contract.rules import CheckFunction
from autolab_verifiers.contract.values import show, text_at

if TYPE_CHECKING:
    from autolab_verifiers.contract.experiment.facts import ExperimentFacts

__all__ = ["Found", "about_each", "experiments", "has_experiment"]

_SPEC: Final = ".md"
_PREFIX: Final = "exp-"
# Of one rule about one experiment; ten thousand rows of the wrong seeds are one mistake.
_FINDINGS_AT_MOST: Final = 100


class Found(NamedTuple):
    """The experiments that are judged. ``reason``: why there is none."""

    experiments: tuple[ExperimentPaths, ...]
    reason: str = ""


def experiments(context: VerifyContext) -> Found:
    """The experiment that the caller named; with an iteration at hand that of its design's spec; else all that left
    something behind: results or a journal. One whose spec is gone is among them. Raises DocumentError for a folder
    that cannot be listed."""
    tree = context.tree
    if context.spec is not None:
        return _one(tree, context.spec)
    if context.iteration_id is None:
        found = tuple(_all(tree))
        return Found(found, "" if found else "no experiment of a spec was carried out")
    try:
        # Not `context.design()`: what is judged is asked by rules about the repository, too.
        spec = text_at(tree.mapping(IterationPaths(tree.iteration_folder(context.iteration_id)).design), "/spec")
    except (DocumentError, UsageError):
        return Found((), "the design cannot be read")  # SC001 and SC002 say what is wrong with it
    return Found((), "the design names no spec") if spec is None else _one(tree, spec)


def has_experiment(context: VerifyContext) -> None:
    """Raises Skip where no experiment is judged: what a verifier of experiments ``needs``."""
    found = context.once(experiments)
    if not found.experiments:
        raise Skip(found.reason)


def _one(tree: Tree, spec: str) -> Found:
    paths = ExperimentPaths(spec)
    if relative_problem(spec) is not None or id_problem(paths.id) is not None:
        return Found((), f"{show(spec)} names no experiment")
    paths = _where(tree, paths)
    return Found((paths,)) if _was_begun(tree, paths) else Found((), f"nothing was carried out of {spec} yet")


def _was_begun(tree: Tree, paths: ExperimentPaths) -> bool:
    """Whether there is anything to judge: a journal, numbers, or a folder for them where the spec says which.

    A launch makes the folder for whatever spec its design names, and those of other tools are plain prose.
    """
    if any(tree.exists(path) for path in (paths.journal, paths.metrics, paths.config)):
        return True
    return tree.exists(paths.folder) and (not tree.exists(paths.spec) or _can_be_read(tree, paths.spec))


def _can_be_read(tree: Tree, spec: str) -> bool:
    from autolab_core.io.spec import load_spec

    try:
        load_spec(tree.source(spec), spec)
    except DocumentError:
        return False
    return True


def _where(tree: Tree, paths: ExperimentPaths) -> ExperimentPaths:
    """*paths* with the folder ``results/exp-001``, if there is that and no other one, and the spec says so."""
    short = f"{RESULTS}/{'-'.join(paths.id.split('-', 2)[:2])}"
    if tree.exists(paths.folder) or not paths.id.startswith(_PREFIX) or not tree.is_folder(short):
        return paths
    try:
        named = f"{short}/".encode() in tree.source(paths.spec)
    except DocumentError:
        return paths
    return ExperimentPaths(paths.spec, short) if named else paths


def _all(tree: Tree) -> Iterator[ExperimentPaths]:
    """Each experiment that left something behind, by its name."""
    specs = (name.removesuffix(_SPEC) for name in tree.names(EXPERIMENTS) if name.endswith(_SPEC))
    known = {name: _where(tree, ExperimentPaths(_spec_of(name))) for name in specs if id_problem(name) is None}
    folders = {paths.folder for paths in known.values()}
    results = [name for name in tree.names(RESULTS) if name.startswith(_PREFIX) and tree.is_folder(f"{RESULTS}/{name}")]
    orphans = {name for name in results if f"{RESULTS}/{name}" not in folders} | set(tree.names(EXPERIMENT_RECORDS))
    for name in sorted(known.keys() | {name for name in orphans if id_problem(name) is None}):
        paths = known.get(name) or ExperimentPaths(_spec_of(name))
        if _was_begun(tree, paths):
            yield paths


def _spec_of(name: str) -> str:
    return f"{EXPERIMENTS}/{name}{_SPEC}"


def _all_facts(context: VerifyContext) -> "tuple[ExperimentFacts, ...]":
    """The facts about each experiment that is judged."""
    from autolab_verifiers.contract.experiment.facts import ExperimentFacts

    return tuple(ExperimentFacts(context, paths) for paths in context.once(experiments).experiments)


def about_each(check: "Callable[[VerifyContext, ExperimentFacts], Iterator[Finding]]") -> CheckFunction:
    """*check* as a rule: it is asked of every experiment that is judged.

    An experiment of which it raises Skip is passed over, and the rule is skipped where that is all of them. What cannot
    be read of one does not keep the others from being judged.
    """

    def asked(context: VerifyContext) -> Iterator[Finding]:
        has_experiment(context)
        skips: list[Skip] = []
        faults: list[DocumentError] = []
        every = context.once(_all_facts)
        for facts in every:
            try:
                for count, finding in enumerate(check(context, facts)):
                    if count == _FINDINGS_AT_MOST:
                        message = f"more than {_FINDINGS_AT_MOST} findings: the others are not listed"
                        yield context.missing(facts.paths.folder, message, severity=Severity.NOTE)
                        break
                    yield finding
            except Skip as skip:
                skips.append(skip)
            except DocumentError as error:
                faults.append(error)
        if faults:
            raise faults[-1]
        if len(skips) == len(every):
            raise skips[0]

    asked.__doc__ = check.__doc__
    return asked
