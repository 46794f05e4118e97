"""``file_line_limits``: files that people and agents read stay short enough to be read.

The limits are in ``.autolab/experiment_file_line_limits.yaml``, with shipped defaults (``vocab.limits``) for what it
does not say. A line ends with ``\\n``; an unterminated last line counts; no other character ends a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from autolab_core.io.layout import LINE_LIMITS
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.limits import COUNT_PATHS, FIXED_MAX_LINES, HARD_CAPS, MANIFEST_BUDGET
from autolab_core.vocab.paths import relative_problem
from autolab_verifiers.contract.context import Scope, VerifyContext
from autolab_verifiers.contract.findings import Finding, Skip
from autolab_verifiers.contract.rules import RuleSet
from autolab_verifiers.contract.values import escape, mapping_at, show, value_at

if TYPE_CHECKING:
    from autolab_core.io.tree import Tree

__all__ = ["VERIFIER"]

VERIFIER: Final = RuleSet("file_line_limits", "Scripts, designs and manifests stay within their length budgets.")

_FIXED: Final = "/line_limits/fixed_max_lines"
_DYNAMIC: Final = "/line_limits/run_manifest_dynamic"
_ENTRY_LINES: Final = 5
_GUARD_LINES: Final = 120
_PLACEHOLDERS: Final = ("<RUN_ID>", "<run_id>")


def count_lines(source: bytes) -> int:
    """Lines as ``wc -l`` counts them, plus one for an unterminated last line."""
    return source.count(b"\n") + (1 if source and not source.endswith(b"\n") else 0)


def _count_characters(path: str, source: bytes) -> int:
    if source.isascii():
        return len(source)
    try:
        return len(source.decode())
    except UnicodeDecodeError as error:
        raise DocumentError(path, "is not UTF-8 text, so its characters cannot be counted") from error


def _is_limit(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


class _Limits:
    """What the limits file says, with the shipped defaults for what it does not say or says in the wrong type."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        found = value_at(data, _FIXED)
        fixed = FIXED_MAX_LINES if found is None else mapping_at(found, "")
        named = [(path, limit) for path, limit in fixed.items() if _is_limit(limit)]  # LL006 objects to the others
        #: Path below the iteration, and its limit.
        self.of_iteration = [each for each in named if not _is_of_run(each[0])]
        #: The same with a placeholder for the run's id in the path.
        self.of_run = [each for each in named if _is_of_run(each[0])]
        #: What the limits file itself allows the launch scripts.
        self.written = mapping_at(data, _FIXED)
        dynamic = mapping_at(data, _DYNAMIC)
        self.budget = {
            key: dynamic[key] if _is_limit(dynamic.get(key)) else shipped for key, shipped in MANIFEST_BUDGET.items()
        }
        paths = dynamic.get("count_paths")
        paths = paths if isinstance(paths, list) else COUNT_PATHS
        #: Pointers to what is counted.
        self.counted = ["/" + "/".join(map(escape, path.split("."))) for path in paths if isinstance(path, str)]

    def lines_for(self, items: int) -> int:
        """The budget of a manifest about *items* things."""
        budget = self.budget
        wanted = budget["base_lines"] + budget["per_item_lines"] * items
        return max(budget["min_cap_lines"], min(budget["max_cap_lines"], wanted))


def _limits(context: VerifyContext) -> _Limits:
    """The limits in force. Raises DocumentError when the limits file cannot be read."""
    return context.tree.once(_limits_of)


def _limits_of(tree: Tree) -> _Limits:
    return _Limits(tree.mapping(LINE_LIMITS) if tree.exists(LINE_LIMITS) else {})


def _is_of_run(path: str) -> bool:
    return any(placeholder in path for placeholder in _PLACEHOLDERS)


def _filled(path: str, run_id: str) -> str:
    for placeholder in _PLACEHOLDERS:
        path = path.replace(placeholder, run_id)
    return path


def _too_long(context: VerifyContext, path: str, limit: int, whose: str) -> Finding:
    lines = count_lines(context.tree.source(path))
    return Finding(f"has {lines} lines, {whose} {limit}", path, line=limit + 1)


@VERIFIER.rule(
    "LL001",
    "no file is longer than its fixed limit",
    hint="shorten the file; details belong in logs",
    scopes=(Scope.ITERATION, Scope.RUN),
)
def fixed_limits_hold(context: VerifyContext) -> Iterator[Finding]:
    """Files that people and agents have to read whole stay short enough to be read. An absent file is not too long."""
    folder, limits, checked = context.iteration.folder, _limits(context), False
    named = [*limits.of_iteration] if context.covers(Scope.ITERATION) else []
    if context.covers(Scope.RUN):
        named += [(_filled(path, context.run_id), limit) for path, limit in limits.of_run] if context.run_id else []
    for name, limit in named:
        path = f"{folder}/{name}"
        if relative_problem(name) is None and context.tree.exists(path):
            checked = True
            if count_lines(context.tree.source(path)) > limit:
                yield _too_long(context, path, limit, "its limit is")
    if not checked:
        raise Skip("none of the files that have a limit is there yet")


@VERIFIER.rule(
    "LL002",
    "launch scripts keep to 160 and 120 lines, whatever the limits file says",
    hint="shorten the script",
    scopes=(Scope.ITERATION,),
)
def hard_caps_hold(context: VerifyContext) -> Iterator[Finding]:
    """The launch stage calls 160 and 120 lines a "hard limit": a limits file may lower them, never raise them."""
    folder, checked = context.iteration.folder, False
    limits = _limits(context).written
    for path, cap in HARD_CAPS.items():
        if _is_limit(limits.get(path)) and limits[path] > cap:
            pointer = f"{_FIXED}/{escape(path)}"
            message = f"allows {limits[path]} lines for {path}, but {cap} is a hard limit"
            yield context.at(LINE_LIMITS, pointer, message, hint=f"write {cap} or less")
        if context.tree.exists(f"{folder}/{path}"):
            checked = True
            if count_lines(context.tree.source(f"{folder}/{path}")) > cap:
                yield _too_long(context, f"{folder}/{path}", cap, "the hard limit is")
    if not checked:
        raise Skip("there is no launch script yet")


def _manifest_source(context: VerifyContext) -> bytes:
    # Skip when there is none, DocumentError when it cannot be read.
    return context.tree.source(context.manifest_facts.path)


def _items(manifest: object, design: object, pointers: list[str]) -> int:
    """How many items stand at *pointers* in the manifest or the design, whichever names more of each."""
    return sum(max(_count(value_at(manifest, pointer)), _count(value_at(design, pointer))) for pointer in pointers)


def _count(value: object) -> int:
    if value is None:
        return 0
    return len(value) if isinstance(value, list | dict) else 1


@VERIFIER.rule(
    "LL003", "the manifest keeps to its line budget", hint="move bulk out of the manifest into logs or metrics"
)
def manifest_lines(context: VerifyContext) -> Iterator[Finding]:
    """The budget grows with the experiment: ``clamp(base + per_item x items, min_cap, max_cap)`` lines.

    Items are counted along ``count_paths`` (keys joined by dots): a list has its entries, a mapping its keys, any
    other value is 1 and what is absent or null 0. Where manifest and design both have a path the larger count is
    taken, so that a manifest that repeats the design gets no second helping. The list of a group's replicates, five
    lines each, comes on top: it is as long as the design asks. So does what the manifest has of its run's guard, which
    is as long as what was protected, up to 120 lines.
    """
    lines, limits = count_lines(_manifest_source(context)), _limits(context)
    design = context.design() if context.tree.exists(context.iteration.design) else None
    if lines <= limits.lines_for(0):
        return  # however many items there are, the budget is no smaller
    items = _items(context.manifest(), design, limits.counted)
    budget = limits.lines_for(items) + _ENTRY_LINES * _count(value_at(context.manifest(), "/replicates"))
    budget += min(_GUARD_LINES, _written_lines(value_at(context.manifest(), "/guard")))
    if lines > budget:
        message = f"has {lines} lines, its budget is {budget} (for {items} items)"
        yield Finding(message, context.run.manifest, line=budget + 1)


def _written_lines(value: object) -> int:
    """How many lines *value* takes beside the one of its key, with each member on a line of its own; null none."""
    if not isinstance(value, dict | list) or not value:
        return 0
    members = value.values() if isinstance(value, dict) else value
    return 1 + sum(1 + _written_lines(member) for member in members)


@VERIFIER.rule(
    "LL004", "the manifest keeps to its number of characters", hint="move bulk out of the manifest into logs"
)
def manifest_characters(context: VerifyContext) -> Iterator[Finding]:
    """A line budget alone is met by one endless line."""
    source = _manifest_source(context)
    limit, found = _limits(context).budget["max_chars"], _count_characters(context.run.manifest, source)
    if found > limit:
        yield context.missing(context.run.manifest, f"has {found} characters, its limit is {limit}")


@VERIFIER.rule("LL005", "the manifest keeps to its number of bytes", hint="move bulk out of the manifest into logs")
def manifest_bytes(context: VerifyContext) -> Iterator[Finding]:
    """Bytes are what storage and other tools' limits count; outside ASCII they are more than the characters."""
    limit, found = _limits(context).budget["max_bytes"], len(_manifest_source(context))
    if found > limit:
        yield context.missing(context.run.manifest, f"has {found} bytes, its limit is {limit}")


@VERIFIER.rule(
    "LL006",
    "the limits file can be used",
    hint="limits are whole numbers from 0; see docs/files.md",
    scopes=(Scope.REPOSITORY,),
)
def limits_are_usable(context: VerifyContext) -> Iterator[Finding]:
    """A limit that is no number limits nothing: what is meant as a rule must not fall silent by a typing error."""
    if not context.tree.exists(LINE_LIMITS):
        raise Skip(f"{LINE_LIMITS} does not exist; the shipped limits apply")
    limits = context.mapping(LINE_LIMITS)
    for pointer in (_FIXED, _DYNAMIC):
        section = value_at(limits, pointer)
        if section is not None and not isinstance(section, dict):
            yield context.at(LINE_LIMITS, pointer, f"is {show(section)}, not a mapping")
    for path, limit in mapping_at(limits, _FIXED).items():
        problem = relative_problem(_filled(path, "run"))
        if problem is not None:
            yield context.at(LINE_LIMITS, f"{_FIXED}/{escape(path)}", f"{show(path)} is refused: {problem}")
        if not _is_limit(limit):
            yield context.at(LINE_LIMITS, f"{_FIXED}/{escape(path)}", f"the limit {show(limit)} is no whole number")
    dynamic = mapping_at(limits, _DYNAMIC)
    for key in MANIFEST_BUDGET:
        if key in dynamic and not _is_limit(dynamic[key]):
            yield context.at(LINE_LIMITS, f"{_DYNAMIC}/{key}", f"`{key}` is {show(dynamic[key])}, not a whole number")
    paths = dynamic.get("count_paths", [])
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        yield context.at(LINE_LIMITS, f"{_DYNAMIC}/count_paths", "is not a list of paths")
    budget = _limits(context).budget
    if budget["min_cap_lines"] > budget["max_cap_lines"]:
        yield context.at(LINE_LIMITS, f"{_DYNAMIC}/min_cap_lines", "`min_cap_lines` is more than `max_cap_lines`")
