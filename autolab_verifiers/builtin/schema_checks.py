"""``schema_checks``: every document can be read, and is what its JSON Schema says.

The schemas in force are the repository's own copies in ``.autolab/schemas`` where there are any. This verifier is
the first of the table, so that where a schema and another rule overlap the schema's finding comes first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from autolab_core.io.layout import BACKLOG, LINE_LIMITS, POLICY, REMOTE_PROFILES, STATE, TODO_FOCUS, schema_file
from autolab_core.io.policy import policy_source
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.states import Severity, Stage
from autolab_verifiers.contract.context import Scope, VerifyContext
from autolab_verifiers.contract.experiment.found import experiments, has_experiment
from autolab_verifiers.contract.findings import Finding, Skip, finding_of
from autolab_verifiers.contract.rules import CheckFunction, RuleSet

__all__ = ["VERIFIER"]

VERIFIER: Final = RuleSet("schema_checks", "Every document can be read and has the shape its schema asks for.")

_ROOT: Final = (STATE, BACKLOG, TODO_FOCUS, LINE_LIMITS, POLICY, REMOTE_PROFILES)
# Before these stages have run there is nothing to ask for.
_BEFORE_DESIGN: Final = frozenset({None, Stage.HYPOTHESIS, Stage.DESIGN, Stage.STOP, Stage.HUMAN_REVIEW})
_BEFORE_REVIEW: Final = _BEFORE_DESIGN | {Stage.IMPLEMENTATION, Stage.IMPLEMENTATION_REVIEW}


def _documents(context: VerifyContext) -> list[str]:
    """Every document that could be here, in the order they are read."""
    paths = [*_ROOT, *_of_experiments(context)] if context.covers(Scope.REPOSITORY) else []
    if context.covers(Scope.ITERATION):
        paths += [context.iteration.design, context.iteration.review]
    if context.covers(Scope.RUN):
        paths += [context.run.manifest, context.run.metrics]
    return paths


def _of_experiments(context: VerifyContext) -> list[str]:
    """What the experiments that are judged leave behind."""
    return [path for each in context.once(experiments).experiments for path in (each.metrics, each.config)]


@VERIFIER.rule(
    "SC001",
    "every document that is there can be read",
    hint="mend the file; the message says where",
    scopes=tuple(Scope),
)
def documents_are_readable(context: VerifyContext) -> Iterator[Finding]:
    """What cannot be read cannot be judged: an ``error``, never a pass. UTF-8, no key twice, no NaN, no YAML tags."""
    faults: list[DocumentError] = []
    for path in _documents(context):
        try:
            if context.tree.exists(path):
                context.tree.document(path)
        except DocumentError as error:
            faults.append(error)
    yield from map(finding_of, faults[:-1])
    if faults:
        raise faults[-1]  # the engine reports it, and makes the verdict an error


def _fits(context: VerifyContext, path: str, schema: str, *, required: bool = False) -> Iterator[Finding]:
    """What the schema has against the document; Skip when there is nothing that could be judged."""
    if not context.tree.exists(path):
        if not required:
            raise Skip(f"{path} does not exist")
        yield context.missing(path, f"does not exist, but the stage is {context.stage}")
        return
    try:
        data = context.tree.document(path).data
    except DocumentError as error:
        raise Skip(f"{path} cannot be read (SC001)") from error
    plain = path.endswith(".json")  # which has no NaN, no date and no other keys, or it could not have been read
    for pointer, message in context.tree.schemas.problems(schema, data, plain=plain):
        yield context.at(path, pointer, message)


@VERIFIER.rule(
    "SC002", "the design fits its schema", hint="see docs/files.md for design.yaml", scopes=(Scope.ITERATION,)
)
def design_fits(context: VerifyContext) -> Iterator[Finding]:
    """Launch reads the command, the resources and the metrics from it. It must be there once it was designed."""
    yield from _fits(context, context.iteration.design, "design", required=context.stage not in _BEFORE_DESIGN)


@VERIFIER.rule(
    "SC003", "the review fits its schema", hint="see docs/files.md for review_result.json", scopes=(Scope.ITERATION,)
)
def review_fits(context: VerifyContext) -> Iterator[Finding]:
    """Its ``status`` is the gate before every launch, so from the launch on it must be there."""
    yield from _fits(context, context.iteration.review, "review_result", required=context.stage not in _BEFORE_REVIEW)


@VERIFIER.rule("SC004", "the run's manifest fits its schema", hint="see docs/files.md for run_manifest.json")
def manifest_fits(context: VerifyContext) -> Iterator[Finding]:
    """Whoever watches, extracts or compares runs reads it. RH001 asks that there is one."""
    return _fits(context, context.run.manifest, "run_manifest")


@VERIFIER.rule("SC005", "the run's metrics fit their schema", hint="see docs/files.md for metrics.json")
def metrics_fit(context: VerifyContext) -> Iterator[Finding]:
    """Numbers are compared by programs; RS001 asks that there are metrics when there must be."""
    return _fits(context, context.run.metrics, "run_metrics")


_AT_THE_ROOT: Final = (
    ("SC006", STATE, "state", "It says where the work stands; every command starts from it."),
    ("SC007", BACKLOG, "backlog", "It says which experiments are closed and must not be touched."),
    ("SC008", TODO_FOCUS, "todo_focus", "Stages are given these tasks before any other."),
    ("SC009", LINE_LIMITS, "line_limits", "It says how long files may get; a misspelt limit limits nothing."),
)


def _rule_for(path: str, schema: str, why: str) -> CheckFunction:
    def fits(context: VerifyContext) -> Iterator[Finding]:
        yield from _fits(context, path, schema)

    fits.__doc__ = why
    return fits


def _at_the_root(rule: str, path: str, schema: str, why: str) -> None:
    summary, hint = f"{path} fits its schema", f"see docs/files.md for {path.rpartition('/')[2]}"
    VERIFIER.rule(rule, summary, hint=hint, scopes=(Scope.REPOSITORY,))(_rule_for(path, schema, why))


for _row in _AT_THE_ROOT:
    _at_the_root(*_row)


@VERIFIER.rule(
    "SC010",
    "the verifier policy fits its schema",
    hint="see docs/files.md for verifier_policy.yaml",
    scopes=(Scope.REPOSITORY,),
)
def policy_fits(context: VerifyContext) -> Iterator[Finding]:
    """It says what is verified; a policy nobody can read verifies nothing.

    It is .autolab/verifier_policy.yaml or, where there is no such file, the table [tool.autolab] of pyproject.toml.
    """
    try:
        source = policy_source(context.tree)
    except DocumentError as error:
        raise Skip(f"{error.path} cannot be read (AV002)") from error
    if source is None:
        raise Skip(f"{POLICY} does not exist")
    for pointer, message in context.tree.schemas.problems("verifier_policy", source.document.data):
        yield context.at(source.path, source.pointer + pointer, message)


@VERIFIER.rule(
    "SC011",
    "the repository's schemas are the shipped ones",
    hint="`autolab init` restores the shipped schemas",
    scopes=(Scope.REPOSITORY,),
)
def schemas_are_the_shipped(context: VerifyContext) -> Iterator[Finding]:
    """A repository's own copy wins, and that may be meant; a reader of the answer must know what judged it."""
    store = context.tree.schemas
    for name in store.differing():
        message = "is not the shipped schema; this copy was used"
        yield context.missing(schema_file(name), message, severity=Severity.WARNING)
    for name in store.missing():
        message = "does not exist; the shipped schema was used"
        yield context.missing(schema_file(name), message, severity=Severity.WARNING)


def _each_fits(context: VerifyContext, schema: str, paths: list[str]) -> Iterator[Finding]:
    """As ``_fits``, for several documents of one kind; Skip where none of them can be judged."""
    has_experiment(context)
    skips: list[Skip] = []
    for path in paths:
        try:
            yield from _fits(context, path, schema)
        except Skip as skip:
            skips.append(skip)
    if len(skips) == len(paths):
        raise skips[0]


@VERIFIER.rule(
    "SC012",
    "the metrics of an experiment fit their schema",
    hint="docs/experiment.md shows the structure",
    scopes=(Scope.REPOSITORY,),
)
def experiment_metrics_fit(context: VerifyContext) -> Iterator[Finding]:
    """Results of a spec are read by programs, whoever wrote them. MC002 asks that they are there."""
    paths = [each.metrics for each in context.once(experiments).experiments]
    yield from _each_fits(context, "experiment_metrics", paths)


@VERIFIER.rule(
    "SC013",
    "the configuration of an experiment fits its schema",
    hint="docs/experiment.md shows the structure",
    scopes=(Scope.REPOSITORY,),
)
def experiment_config_fits(context: VerifyContext) -> Iterator[Finding]:
    """It is what an experiment is run again from. CS001 asks that it is there."""
    paths = [each.config for each in context.once(experiments).experiments]
    yield from _each_fits(context, "experiment_config", paths)


@VERIFIER.rule(
    "SC014",
    "the decision fits its schema",
    hint="see docs/files.md for decision_result.json",
    scopes=(Scope.ITERATION,),
)
def decision_fits(context: VerifyContext) -> Iterator[Finding]:
    """Where the work goes on is read from it. Only a warning before decide_repeat: older tools wrote other shapes."""
    path = context.iteration.decision
    if not context.tree.exists(path):
        raise Skip(f"{path} does not exist")
    severity = Severity.ERROR if context.stage is Stage.DECIDE_REPEAT else Severity.WARNING
    try:
        data = context.tree.document(path).data
    except DocumentError as error:
        yield finding_of(error)._replace(severity=severity)
        return
    for pointer, message in context.tree.schemas.problems("decision_result", data, plain=True):
        yield context.at(path, pointer, message, severity=severity)


_at_the_root(
    "SC015", REMOTE_PROFILES, "remote_profiles", "It says where runs are sent, and what of their results comes home."
)
