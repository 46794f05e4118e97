"""``template_fill``: nothing that a template left open is still open, in what files say or in what they are called.

Searched are the documents of the iteration and its run, the launch scripts and ``analysis/*.md``. Logs and outputs
are the run's own words, and ``.autolab/`` holds what people plan; neither is searched.
"""

# No `from __future__ import annotations`: see contract/findings.py.

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.ids import placeholder_in
from autolab_core.vocab.states import Severity
from autolab_verifiers.contract.context import Scope, VerifyContext
from autolab_verifiers.contract.findings import Finding, Skip
from autolab_verifiers.contract.rules import RuleSet
from autolab_verifiers.contract.values import escape, show, value_at

__all__ = ["MARKER", "VERIFIER", "literal_in"]

VERIFIER: Final = RuleSet("template_fill", "Nothing that a template left open is still open.")

_MOST_BYTES: Final = 1024 * 1024
_DOTS: Final = ("...", "…")
# What JSON and YAML can write a character as.
_ESCAPES: Final = ("\\u", "\\U", "\\x")

# Group 1: ``{{run_id}}``, ``{{shared:roles.md}}``, ``{{ name | filter }}``; what has a ``$``, a dot or a blank in it
# (Go templates, awk, GitHub's ``${{ }}``) is another language. Group 2: ``<RUN_ID>``, ``<run_id>``; after a letter
# or a digit it is a type (``List<ITEM>``), after ``<`` a here-document (``<<EOF>out``).
_LITERAL: Final = (
    r"(?<!\$)\{\{ *([A-Za-z_][A-Za-z0-9_:./-]*) *(?:\|[^{}]*)?\}\}"
    r"|(?<![A-Za-z0-9<])<([A-Z][A-Z0-9_]+|[a-z]+(?:_[a-z]+)+)>"
)
_OPENERS: Final = ("{{", "<")
_AWK: Final = frozenset({"print", "next", "exit"})
_NO_VALUE: Final = frozenset({"NA", "NULL", "NONE", "EOF", "STDIN"})
# Tags that are written in capitals and are no sensible names of a value.
_HTML: Final = frozenset(
    ["BR", "HR", "TD", "TR", "TH", "UL", "OL", "LI", "EM", "H1", "H2", "H3", "PRE", "DIV", "IMG", "SUB", "SUP", "SPAN"]
)
# The word stands alone: ``TODO_LIST``, ``TODO.md``, ``docs/TODO`` and ``$TODO`` are names.
MARKER: Final = re.compile(r"(?<![A-Za-z0-9_$./-])(?:TODO|TBD|FIXME)(?![A-Za-z0-9_/-]|\.[A-Za-z0-9])")
_MARKS: Final = ("TODO", "TBD", "FIXME")
_BEFORE_PROSE: Final = " \t#>*-+|([`_:"

# What these keys of a manifest hold was said by other programs.
_QUOTED: Final = frozenset({"host", "scheduler", "failure", "commit", "guard", "verifier_snapshot"})
_MANIFEST: Final = "run_manifest.json"
_HOLDS_PROSE: Final = (".md", "review_result.json")


def literal_in(text: str, *, markdown: bool = False) -> str | None:
    """The first literal of a template in *text* that nobody filled, or None. *markdown*: tags of HTML are none."""
    if not any(opener in text for opener in _OPENERS):
        return None
    for found in re.finditer(_LITERAL, text):
        token, name = found[1], found[2]
        if token is not None:
            inside_shell = text.rfind("${", 0, found.start()) > text.rfind("}", 0, found.start())
            if token not in _AWK and not inside_shell:
                return found[0]
        elif name not in _NO_VALUE and not (markdown and (name in _HTML or f"</{name}>" in text)):
            return found[0]
    return None


class _Piece(NamedTuple):
    """A stretch of text: a string of a JSON document with its pointer, or a line of another file."""

    path: str
    pointer: str | None
    line: int | None
    text: str

    def finding(self, context: VerifyContext, message: str, severity: Severity = Severity.ERROR) -> Finding:
        if self.pointer is not None:
            return context.at(self.path, self.pointer, message, severity=severity)
        return Finding(message, self.path, line=self.line, severity=severity)


def _documents(context: VerifyContext) -> list[str]:
    """The design, the review, the manifest and the metrics, as far as they are there. Raises Skip when none is."""
    paths = []
    if context.covers(Scope.ITERATION):
        paths += [context.iteration.design, context.iteration.review]
    if context.covers(Scope.RUN):
        paths += [context.run.manifest, context.run.metrics]
    found = [path for path in paths if context.tree.exists(path)]
    if not found:
        raise Skip("there is nothing to search yet")
    return found


def _files(context: VerifyContext) -> list[str]:
    """Every file that is searched."""
    others = []
    if context.covers(Scope.ITERATION):
        analysis = f"{context.iteration.folder}/analysis"
        others += [context.iteration.run_local, context.iteration.run_slurm]
        others += [f"{analysis}/{name}" for name in _names(context, analysis) if name.endswith(".md")]
    if context.covers(Scope.RUN):
        others += [context.run.script, context.run.batch_script]
    return [*context.once(_documents), *(path for path in others if context.tree.exists(path))]


def _names(context: VerifyContext, folder: str) -> tuple[str, ...]:
    return context.tree.names(folder) if context.tree.is_folder(folder) else ()


class _File(NamedTuple):
    """A file to be searched: its text, or why it has none that a person or an agent wrote.

    ``escaped``: what JSON and YAML can write a character as stands in it, so that any word may be hidden there.
    """

    path: str
    text: str
    problem: str | None = None
    escaped: bool = False

    def may_hold(self, words: tuple[str, ...]) -> bool:
        """False when none of *words* can be in it: most files need no closer look."""
        text = self.text
        for word in words:
            if word in text:
                return True
        return self.escaped


def _searched(context: VerifyContext) -> list[_File]:
    return [_file(context, path) for path in _files(context)]


def _file(context: VerifyContext, path: str) -> _File:
    try:
        source = context.tree.source(path)
        if len(source) > _MOST_BYTES:
            return _File(path, "", f"has {len(source)} bytes, more than the {_MOST_BYTES} that are searched")
        if b"\0" in source:
            return _File(path, "", "is binary")
        text = source.decode()
        return _File(path, text, None, "\\" in text and any(escape in text for escape in _ESCAPES))
    except UnicodeDecodeError:
        return _File(path, "", "is not UTF-8 text")
    except DocumentError as error:
        return _File(path, "", error.message)


def _pieces(context: VerifyContext, file: _File) -> Iterator[_Piece]:
    """The pieces of *file*. Raises DocumentError for a document that cannot be read."""
    path, text = file.path, file.text
    if path.endswith(".json"):
        for pointer, value in _strings(context.tree.document(path).data, "", path.endswith(_MANIFEST)):
            yield _Piece(path, pointer, None, value)
    else:
        for number, line in enumerate(text.split("\n"), 1):
            yield _Piece(path, None, number, line)


def _strings(data: Any, pointer: str = "", of_manifest: bool = False) -> Iterator[tuple[str, str]]:
    """Each string in *data*, keys too, with its pointer; what a manifest quotes is left out."""
    if isinstance(data, str):
        yield pointer, data
    elif isinstance(data, dict):
        for key, value in data.items():
            if not (of_manifest and not pointer and key in _QUOTED):
                yield f"{pointer}/{escape(key)}", key
                yield from _strings(value, f"{pointer}/{escape(key)}")
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _strings(value, f"{pointer}/{index}")


@VERIFIER.rule(
    "TF001",
    "no file holds a literal of the template",
    hint="write what the literal stands for",
    scopes=(Scope.ITERATION, Scope.RUN),
)
def literals_are_filled(context: VerifyContext) -> Iterator[Finding]:
    """A file that says ``{{run_id}}`` or ``<ITERATION_ID>`` is about no run at all: its template was never filled in.

    A type parameter, an HTML tag, a link or a redirection is not taken for one. A file that cannot be searched (more
    than 1 MiB, no text, unreadable) is named in a warning.
    """
    for file in context.once(_searched):
        path, problem = file.path, file.problem
        if file.may_hold(_OPENERS):
            try:
                for piece in _pieces(context, file):
                    literal = literal_in(piece.text, markdown=path.endswith(".md"))
                    if literal is not None:
                        yield piece.finding(context, f"{show(literal)} was never filled in")
            except DocumentError as error:
                problem = error.message
        if problem is not None:
            yield context.missing(path, f"was not searched: {problem}", severity=Severity.WARNING)


@VERIFIER.rule(
    "TF002",
    "no file or folder is named by a literal of the template",
    hint="rename or remove it",
    scopes=(Scope.ITERATION, Scope.RUN),
)
def names_are_filled(context: VerifyContext) -> Iterator[Finding]:
    """A folder called ``<RUN_ID>`` was made by a command that was copied before it was filled in; its files are lost.

    Looked at are the folders above the iteration, the iteration's own, its ``launch``, ``analysis`` and ``runs``, and
    the run's.
    """
    folders: list[str] = []
    if context.covers(Scope.ITERATION):
        folder = context.iteration.folder
        parts = folder.split("/")[:-1]
        folders += ["/".join(parts[: count + 1]) for count in range(len(parts))]
        folders += [folder, f"{folder}/launch", f"{folder}/analysis", context.iteration.runs]
    if context.covers(Scope.RUN):
        folders += [context.run.folder, context.run.logs]
    for each in folders:
        names = _names(context, each)
        if not any(map("/".join(names).count, _OPENERS)):
            continue
        for name in names:
            if placeholder_in(name) is not None:
                yield context.missing(each, f"holds {show(name)}, a name that was never filled in")


@VERIFIER.rule(
    "TF003",
    "nothing is marked as still to be done",
    hint="do it, or say in words why it is left open",
    scopes=(Scope.ITERATION, Scope.RUN),
)
def nothing_is_left_to_do(context: VerifyContext) -> Iterator[Finding]:
    """TODO, TBD and FIXME say that the author was not finished; what is run and recorded has to be.

    In a review and in Markdown the word within a sentence may be what the sentence is about: only a warning there.
    """
    for file in context.once(_searched):
        if not file.may_hold(_MARKS):
            continue
        try:
            for piece in _pieces(context, file):
                found = MARKER.search(piece.text)
                if found is not None:
                    about = file.path.endswith(_HOLDS_PROSE) and piece.text[: found.start()].strip(_BEFORE_PROSE)
                    severity = Severity.WARNING if about else Severity.ERROR
                    yield piece.finding(context, f"is marked {found[0]}", severity)
        except DocumentError:
            continue  # TF001 says so


@VERIFIER.rule(
    "TF004",
    "no value is a row of dots",
    hint="write the value, or null where there is none",
    scopes=(Scope.ITERATION, Scope.RUN),
)
def no_value_is_a_stand_in(context: VerifyContext) -> Iterator[Finding]:
    """Examples abbreviate with dots. A whole value of dots was copied from one, and would be read as a value."""
    for file, data in _readable(context, _may_hold_dots):
        path = file.path
        for pointer, text in _strings(data, "", path.endswith(_MANIFEST)):
            if text.strip() in _DOTS:
                yield context.at(path, pointer, f"is {show(text)}, which stands for something else")


def _may_hold_dots(file: _File) -> bool:
    return file.may_hold(_DOTS)


def _readable(context: VerifyContext, wanted: Callable[[_File], bool]) -> Iterator[tuple[_File, Any]]:
    """Each *wanted* document that can be read, with its data; SC001 and TF001 name the others.

    Raises Skip when there is no document at all.
    """
    documents = context.once(_documents)
    for file in context.once(_searched):
        if wanted(file) and file.path in documents and file.problem is None:
            try:
                yield file, context.tree.document(file.path).data
            except DocumentError:
                continue


# Relative to the file; ``*`` is each entry of a list.
_REQUIRED: Final = {
    "design.yaml": (
        *("/id", "/iteration_id", "/hypothesis_id", "/entrypoint/module", "/entrypoint/cli", "/metrics/primary/name"),
        *("/baselines/*/name", "/variants/*/name"),
        *("/extract_parser/command", "/extract_parser/module", "/extract_parser/callable"),
    ),
    _MANIFEST: ("/run_id", "/iteration_id", "/command", "/submission/token"),
    "metrics.json": (
        *("/primary_metric/name", "/baseline_results/*/name", "/variant_results/*/name", "/per_run_metrics/*/name"),
    ),
}


@VERIFIER.rule(
    "TF005",
    "no required text is blank",
    hint="write it, or leave the key out where it may be absent",
    scopes=(Scope.ITERATION, Scope.RUN),
)
def required_texts_are_filled(context: VerifyContext) -> Iterator[Finding]:
    """An empty command, id or name passes for one that was given, and joins what does not belong together."""
    for file, data in _readable(context, _may_hold_blanks):
        path = file.path
        for pattern in _REQUIRED.get(path.rpartition("/")[2], ()):
            for pointer in _matching(data, pattern) if "*" in pattern else (pattern,):
                value = value_at(data, pointer)
                if isinstance(value, str) and not value.strip():
                    yield context.at(path, pointer, "is blank")


def _may_hold_blanks(file: _File) -> bool:
    """False for JSON in which no string that follows a key can be blank: none begins with its end or with a space."""
    text = file.text
    if not file.path.endswith(".json") or not text.isascii() or "\\" in text:
        return True
    return '""' in text or '" ' in text


def _matching(data: Any, pattern: str) -> Iterator[str]:
    """The pointers that *pattern*, which has one ``*``, stands for in *data*."""
    before, _, after = pattern.partition("/*")
    rows = value_at(data, before)
    for index in range(len(rows) if isinstance(rows, list) else 0):
        yield f"{before}/{index}{after}"
