"""One verification, from a folder to an answer. ``verify`` is what other packages call."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING

from autolab_core import __version__
from autolab_core.io.layout import VERIFICATION_RESULT
from autolab_core.io.tree import Tree
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.states import Stage
from autolab_core.vocab.times import format_utc
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.engine.collect import Collected
from autolab_verifiers.engine.judge import judge, left_out
from autolab_verifiers.engine.locate import locate, of_spec, require_repository
from autolab_verifiers.engine.policy import collect_unblocked
from autolab_verifiers.engine.select import select
from autolab_verifiers.report.answer import Check, Judgement, RunFacts, conclude, count

if TYPE_CHECKING:
    from pathlib import Path

    from autolab_core.models.report import Report
    from autolab_verifiers.contract.rules import Verifier

__all__ = ["Verification", "examine", "verify"]


class Verification:
    """A judgement and where it belongs."""

    def __init__(self, judgement: Judgement, context: VerifyContext, collected: Collected) -> None:
        self.judgement = judgement
        self._context = context
        self._collected = collected

    def verifiers(self) -> list[Verifier]:
        """Those that were at hand, for answers that describe their rules. A plugin is asked for its own only once."""
        return [self._collected.verifier(name) for name in self._collected.names]

    def write(self) -> None:
        """Put the judgement into ``.autolab/`` and beside the run that it judged. Raises StoreError, DocumentError.

        These files are answers; no verifier judges them.
        """
        from autolab_verifiers.report.document import write_document

        tree, context = self._context.tree, self._context
        paths = [tree.absolute(VERIFICATION_RESULT)]
        if context.iteration_id is not None and context.run_id is not None and tree.is_folder(context.run.folder):
            paths.append(tree.absolute(context.run.verification))
        write_document(self.judgement, tuple(paths))


def examine(
    root: str | Path,
    *,
    stage: Stage | None = None,
    iteration_id: str | None = None,
    run_id: str | None = None,
    overlay: Mapping[str, bytes] | None = None,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    block: Sequence[str] = (),
    spec: str | None = None,
) -> Verification:
    """Judge the repository *root*; see ``verify``. Nothing is written. *block* names plugins that are not imported.

    *spec*: judge the repository and the experiment of this spec (a path below *root*), and no iteration.
    """
    began = perf_counter()
    if not os.path.isdir(root):
        raise UsageError(f"{root} is not a folder")
    tree = Tree(os.fspath(root), overlay)
    require_repository(tree)
    subject = locate(tree, stage, iteration_id, run_id) if spec is None else of_spec(tree, spec)
    stage, iteration_id, run_id, _ = subject
    context = VerifyContext(tree, stage=stage, iteration_id=iteration_id, run_id=run_id, spec=spec)
    collected = collect_unblocked(tree, block)
    selection = select(tree, subject.stage, collected.names, only=only, skip=skip, blocked=collected.blocked_names)
    checks: list[Check] = [*subject.problems, *selection.problems, *collected.broken]
    for name in collected.names:
        if name in selection.left_out:
            checks += left_out(collected.verifier(name), selection.left_out[name])
        elif name in selection.run:
            checks += judge(collected.verifier(name), context)
    counts = count(checks)
    passed, message = conclude(counts)
    facts = RunFacts(
        format_utc(datetime.now(UTC)), f"autolab-verify {__version__}", round((perf_counter() - began) * 1000)
    )
    judgement = Judgement(
        passed, message, subject.stage, subject.iteration_id, subject.run_id, counts, tuple(checks), facts
    )
    return Verification(judgement, context, collected)


def verify(
    root: str | Path,
    *,
    stage: Stage | None = None,
    iteration_id: str | None = None,
    run_id: str | None = None,
    overlay: Mapping[str, bytes] | None = None,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    write: bool = True,
) -> Report:
    """Judge the repository *root* with *overlay* (path to bytes) laid over its files, and answer.

    Stage, iteration and run default to what ``.autolab/state.json`` stands at; a caller who names the iteration and
    no run means that there is none yet. *only* and *skip* name verifiers or groups. With *write* the answer is also
    in ``.autolab/verification_result.json`` and beside the run when this returns.

    Raises UsageError when there is no such repository, iteration or verifier, and when the repository's own copy of
    the manifest's schema is gone; StoreError when the answer cannot be written. Everything else that goes wrong,
    documents that cannot be read and verifiers that break included, is in the report.
    """
    verification = examine(
        root, stage=stage, iteration_id=iteration_id, run_id=run_id, overlay=overlay, only=only, skip=skip
    )
    if write:
        verification.write()
    return _as_report(verification.judgement)


def _as_report(judgement: Judgement) -> Report:
    from autolab_core.models import report

    checks = tuple(
        report.Check(
            verifier=check.verifier,
            rule=check.rule,
            status=check.status,
            findings=tuple(report.Finding(**finding._asdict()) for finding in check.findings),
            reason=check.reason,
            traceback=check.traceback,
        )
        for check in judgement.checks
    )
    return report.Report(**{**judgement._asdict(), "checks": checks, "run": judgement.run._asdict()})
