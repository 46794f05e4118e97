"""The judgement as GitHub Actions workflow commands, which the service shows beside the lines they are about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from autolab_core.vocab.states import Severity
from autolab_verifiers.contract.findings import Finding
from autolab_verifiers.report.answer import Check, Judgement, about
from autolab_verifiers.report.problems import place, problems
from autolab_verifiers.report.text import printable, summary

__all__ = ["as_github"]

_COMMANDS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def as_github(judgement: Judgement) -> str:
    """A command a line, as ``github.com/actions/toolkit`` escapes them, and one line that sums them up."""
    lines = [_command(check, finding) for check in judgement.checks for finding in problems(check)]
    return "\n".join([*lines, f"autolab-verify: {summary(judgement)}"]) + "\n"


def _command(check: Check, finding: Finding) -> str:
    properties = ",".join(f"{name}={_property(value)}" for name, value in _properties(check.rule, finding))
    shown = place(finding) if finding.path else about(check)
    where = f"{printable(shown)}: " if shown else ""
    hint = f"\nhint: {printable(finding.hint)}" if finding.hint else ""
    # The place is told again: annotations whose file is missing or unchanged are listed without it.
    return f"::{_COMMANDS[finding.severity]} {properties}::{_data(f'{where}{printable(finding.message)}{hint}')}"


def _properties(rule: str, finding: Finding) -> Iterator[tuple[str, str]]:
    if finding.path:
        yield "file", printable(finding.path)
        if finding.line is not None:
            yield "line", str(finding.line)
    yield "title", printable(rule)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
