"""``evidence``: what is claimed of a run is borne out by files that are there and by checks that passed.

``evidence.json`` in the run's folder is a list of records: a file, what it proves, and where the verification says so.
Such a place is the path of a verification result (the repository's last one or the run's own), ``#``, and a rule's id
or the JSON Pointer (RFC 6901) to a check in it: ``.autolab/verification_result.json#RH003``, ``…#/checks/4``.
"""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator
from typing import Any, Final

from autolab_core.io.layout import VERIFICATION_RESULT
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.paths import relative_problem
from autolab_core.vocab.states import Verdict
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.findings import Finding, Skip
from autolab_verifiers.contract.rules import RuleSet
from autolab_verifiers.contract.values import list_at, mapping_at, show, text_at, value_at

__all__ = ["VERIFIER"]

VERIFIER: Final = RuleSet("evidence", "What is claimed of a run is borne out by its files and by checks that passed.")

_POINTER: Final = "verifier_output_pointer"


@VERIFIER.rule("EV001", "the evidence fits its schema", hint="see docs/files.md for evidence.json")
def evidence_fits(context: VerifyContext) -> Iterator[Finding]:
    """A record without a file, a claim or a check proves nothing, and a misspelt key is none."""
    path = context.run.evidence
    data = context.mapping(path)
    for pointer, message in context.tree.schemas.problems("evidence", data, plain=True):
        yield context.at(path, pointer, message)


@VERIFIER.rule("EV002", "every artifact that evidence names exists", hint="name the file that was looked at")
def artifacts_exist(context: VerifyContext) -> Iterator[Finding]:
    """A claim about a file that nobody can open cannot be checked by the next one."""
    for pointer, record in _records(context):
        path = text_at(record, "/artifact_path")
        if path is not None and not _is_there(context, path):
            yield context.at(
                context.run.evidence, f"{pointer}/artifact_path", f"{show(path)} does not exist in the repository"
            )


@VERIFIER.rule(
    "EV003",
    "every piece of evidence points to a check that ran and passed",
    hint=f"write it as {VERIFICATION_RESULT}#RULE, with a rule that passed",
)
def checks_passed(context: VerifyContext) -> Iterator[Finding]:
    """A check that was skipped, failed or never asked is no proof, however sure the words beside it sound."""
    for pointer, record in _records(context):
        named = text_at(record, f"/{_POINTER}")
        problem = None if named is None else _problem_of(context, named)
        if problem is not None:
            yield context.at(context.run.evidence, f"{pointer}/{_POINTER}", f"{show(named)} {problem}")


@VERIFIER.rule("EV004", "what evidence quotes stands in its artifact", hint="copy the lines from the file as they are")
def excerpts_occur(context: VerifyContext) -> Iterator[Finding]:
    """A quotation from memory is not what the file says. The ends of lines may differ, and blanks around it."""
    quoted = [(pointer, record) for pointer, record in _records(context) if text_at(record, "/excerpt") is not None]
    if not quoted:
        raise Skip("no evidence quotes anything")
    for pointer, record in quoted:
        path, excerpt = text_at(record, "/artifact_path"), text_at(record, "/excerpt") or ""
        if path is None or not _is_there(context, path):
            continue  # EV001 and EV002
        where = f"{pointer}/excerpt"
        if context.tree.is_folder(path):
            yield context.at(context.run.evidence, where, f"{show(path)} is a folder, in which no text stands")
            continue
        try:
            text = _lines(context.tree.source(path).decode("utf-8", "replace"))
        except DocumentError as error:
            yield context.at(context.run.evidence, where, f"{show(path)} cannot be read: {error.message}")
            continue
        if _lines(excerpt).strip() not in text:
            yield context.at(context.run.evidence, where, f"{show(excerpt)} does not stand in {show(path)}")


def _records(context: VerifyContext) -> Iterator[tuple[str, dict[str, Any]]]:
    """The records that are mappings, each with its pointer. Raises Skip where there is no evidence."""
    records = list_at(context.mapping(context.run.evidence), "/evidence")
    if not records:
        raise Skip(f"{context.run.evidence} names no evidence")
    return ((f"/evidence/{index}", each) for index, each in enumerate(records) if isinstance(each, dict))


def _is_there(context: VerifyContext, path: str) -> bool:
    try:
        return relative_problem(path) is None and context.tree.exists(path)
    except DocumentError:
        return False  # it leads out of the repository


def _problem_of(context: VerifyContext, named: str) -> str | None:
    """Why *named* is no check that ran and passed, as the end of "NAMED …"; None when it is one."""
    path, mark, rest = named.partition("#")
    if not mark or not rest:
        return "names no check: a verification result, # and a rule belong there"
    if path not in (VERIFICATION_RESULT, context.run.verification):
        return f"is in no verification result: those are {VERIFICATION_RESULT} and {context.run.verification}"
    try:
        if not context.tree.exists(path):
            return "is in a file that does not exist"
        result = context.tree.mapping(path)
    except DocumentError as error:
        return f"is in a file that cannot be read: {error.message}"
    about = text_at(result, "/run_id")
    if about is not None and about != context.run_id:
        return f"is about another run, {show(about)}"
    return _verdict(result, rest)


def _verdict(result: dict[str, Any], rest: str) -> str | None:
    if rest.startswith("/"):
        way = rest.split("/")[1:3]
        found = [value_at(result, "/".join(("", *way)))] if way[0] == "checks" and len(way) == 2 else []
    else:
        found = [check for check in list_at(result, "/checks") if text_at(check, "/rule") == rest]
    words = [text_at(each, "/status") for each in found if mapping_at(each, "")]
    if not words:
        return "is no check: it was not run"
    wrong = next((word for word in words if word != Verdict.PASS), Verdict.PASS)
    return None if wrong == Verdict.PASS else f"did not pass: its status is {show(wrong)}"


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")
