"""The formats of an answer, and where each of them goes. A format is imported when it is asked for."""

# No `from __future__ import annotations`: see contract/findings.py.

import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from autolab_core.io.layout import VERIFICATION_RESULT
from autolab_core.vocab.errors import UsageError
from autolab_verifiers.report.answer import Judgement

if TYPE_CHECKING:
    from autolab_verifiers.contract.rules import Verifier

__all__ = ["FORMATS", "TEXT", "Answer", "Output", "OutputFile", "outputs", "refuse_answers_of", "render_as"]

TEXT: Final = "text"
FORMATS: Final = (TEXT, "json", "sarif", "junit", "github")


class OutputFile(str):
    """The FILE of an ``--output``, as it stands among the formats on the command line."""

    __slots__ = ()


class Output(NamedTuple):
    """One format and the file that it goes to; None is standard output."""

    format: str
    path: str | None = None


class Answer:
    """What a format is made from. ``verifiers`` gives those that judged, for formats that describe their rules."""

    def __init__(self, judgement: Judgement, root: str, verifiers: "Callable[[], Iterable[Verifier]]") -> None:
        self.judgement = judgement
        self.root = root
        self.verifiers = verifiers


def outputs(words: Sequence[str]) -> list[Output]:
    """The formats and files among *words*, which stand as they were given; text on standard output without any.

    Each ``OutputFile`` belongs to the format right before it. Raises UsageError for one without a format, for two
    formats on standard output, and for two in one file.
    """
    found: list[Output] = []
    for word in words:
        if not isinstance(word, OutputFile):
            found.append(Output(word))
        elif found and found[-1].path is None:
            found[-1] = Output(found[-1].format, str(word))
        else:
            raise UsageError(
                f"--output {str(word)!r}: name its format right before it, as in --format sarif --output FILE"
            )
    shown = [output.format for output in found if output.path is None]
    if len(shown) > 1:
        raise UsageError(f"only one format can go to standard output, not {' and '.join(shown)}; give each an --output")
    files = [os.path.realpath(output.path) for output in found if output.path is not None]
    if len(set(files)) < len(files):
        raise UsageError("two formats cannot be written to one file")
    return found or [Output(TEXT)]


def refuse_answers_of(root: str, wanted: Iterable[Output]) -> None:
    """Raise UsageError when an output would replace an answer that every verification writes into *root*."""
    inside, name = os.path.realpath(root) + os.sep, os.path.basename(VERIFICATION_RESULT)
    for output in wanted:
        real = os.path.realpath(output.path or "")
        if os.path.basename(real) == name and real.startswith(inside):
            raise UsageError(f"--output {output.path!r}: this file is written by every verification; choose another")


def render_as(name: str, answer: Answer, *, verbosity: int = 0) -> bytes:
    """*answer* in the format *name*, one of ``FORMATS``. *verbosity* is the text's alone; colours are never set."""
    if name == "json":
        from autolab_verifiers.report.document import as_pieces

        return b"".join(as_pieces(answer.judgement))
    if name == "github":
        from autolab_verifiers.report.github import as_github

        return as_github(answer.judgement).encode()
    if name == TEXT:
        from autolab_verifiers.report.text import render

        return render(answer.judgement, verbosity=verbosity).encode()
    return _with_rules(name, answer)


def _with_rules(name: str, answer: Answer) -> bytes:
    from autolab_verifiers.report.rules import catalogue

    rules = catalogue(answer.verifiers())
    if name == "sarif":
        from autolab_core.io.documents import dump_json
        from autolab_verifiers.report.sarif import as_sarif

        return dump_json(as_sarif(answer.judgement, answer.root, rules))
    from autolab_verifiers.report.junit import as_junit

    return as_junit(answer.judgement, rules)
