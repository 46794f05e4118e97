"""What is to be judged: the stage, iteration and run that the caller names, or that the state stands at."""

# No `from __future__ import annotations`: see contract/findings.py.

from typing import Final, NamedTuple

from autolab_core.io.layout import AUTOLAB, STATE, schema_file
from autolab_core.io.tree import Tree
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.ids import check_id
from autolab_core.vocab.states import Stage, Verdict
from autolab_verifiers.contract.findings import Finding, finding_of
from autolab_verifiers.contract.values import show, text_at, value_at, word_at
from autolab_verifiers.engine.collect import ENGINE
from autolab_verifiers.report.answer import Check

__all__ = ["Subject", "locate", "of_spec", "require_repository"]

STATE_RULE: Final = "AV001"


class Subject(NamedTuple):
    """What is judged. ``problems`` says what the state should have told and did not."""

    stage: Stage | None
    iteration_id: str | None
    run_id: str | None
    problems: tuple[Check, ...] = ()


def require_repository(tree: Tree) -> None:
    """Raise UsageError unless *tree* is a repository that ``autolab init`` has made and nobody has taken apart.

    What a repository is judged by lies in the repository: the shipped schema never stands in for it silently.
    """
    if not tree.is_folder(AUTOLAB):
        raise UsageError(f"{tree.root} is not an Autolab repository (no {AUTOLAB} folder); `autolab init` makes one")
    schema = schema_file("run_manifest")
    if not tree.exists(schema):
        raise UsageError(f"{schema} is missing; `autolab init` restores it")


def locate(tree: Tree, stage: Stage | None, iteration_id: str | None, run_id: str | None) -> Subject:
    """What the caller named, completed from the state.

    The run is taken from the state only together with its iteration: a caller who names an iteration names the run
    too, or means none. Raises UsageError when what the *caller* named is not there; what the *state* names wrongly is
    a problem of the repository and reported as one.
    """
    if iteration_id is not None:
        tree.iteration_folder(check_id("iteration id", iteration_id))
    if run_id is not None:
        check_id("run id", run_id)
    if stage is not None and iteration_id is not None:
        return Subject(stage, iteration_id, run_id)
    state = _State(tree)
    if stage is None:
        stage = state.stage()
    if iteration_id is None:
        iteration_id = state.iteration_id()
        if run_id is None and iteration_id is not None:
            run_id = state.run_id()
    return Subject(stage, iteration_id, run_id, tuple(state.problems))


def of_spec(tree: Tree, spec: str) -> Subject:
    """The experiment of *spec*, a path below the root: no iteration, and whatever stage the state stands at.

    Raises UsageError when nothing is there of it, DocumentError for a path that leads out of the repository.
    """
    from autolab_core.io.experiment_layout import ExperimentPaths

    paths = ExperimentPaths(spec)
    check_id("experiment", paths.id)
    if not any(map(tree.exists, (spec, paths.folder, paths.journal))):
        raise UsageError(f"there is no spec {spec}, and nothing was recorded of it")
    return Subject(None, None, None)


class _State:
    """The state file of any shape. What it does not say is a problem."""

    def __init__(self, tree: Tree) -> None:
        self.problems: list[Check] = []
        self._tree = tree
        self._data: object = None
        try:
            self._data = tree.document(STATE).data
        except DocumentError as error:
            self._add(finding_of(error))

    def stage(self) -> Stage | None:
        stage = word_at(self._data, "/stage", Stage)
        if stage is None and self._data is not None:
            self._wrong("/stage", f"`stage` is {show(value_at(self._data, '/stage'))}, which is not a stage")
        return stage

    def iteration_id(self) -> str | None:
        named = value_at(self._data, "/iteration_id")
        if not isinstance(named, str) or not named:
            if self._data is not None:
                self._wrong("/iteration_id", f"`iteration_id` is {show(named)}, which names no iteration")
            return None
        try:
            self._tree.iteration_folder(named)
        except (UsageError, DocumentError) as error:
            self._wrong("/iteration_id", str(error))
            return None
        return named

    def run_id(self) -> str | None:
        for key in ("last_run_id", "pending_run_id"):
            named = text_at(self._data, f"/{key}")
            if named is None:
                continue
            try:
                return check_id("run id", named)
            except UsageError as error:
                self._wrong(f"/{key}", str(error))
                return None
        return None

    def _wrong(self, pointer: str, message: str) -> None:
        line = self._tree.document(STATE).place(pointer).line
        self._add(Finding(message, STATE, pointer=pointer, line=line))

    def _add(self, finding: Finding) -> None:
        finding = finding._replace(hint="mend the state, or name --stage, --iteration and --run")
        reason = f"{STATE}: {finding.message}"
        self.problems.append(Check(ENGINE, STATE_RULE, Verdict.ERROR, (finding,), reason))
