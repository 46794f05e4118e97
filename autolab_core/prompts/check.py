"""Whether templates name only tokens that are known to them, and whether values can stand in their places. Pure but
for ``problems_of``, which reads what there is."""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text.

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from autolab_core.io.layout import PROMPTS, PROMPTS_SHARED
from autolab_core.io.tree import Tree
from autolab_core.prompts.shipped_files import SHIPPED_TEMPLATES
from autolab_core.prompts.sources import Prompt, Sources
from autolab_core.prompts.template import Template, Use
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.ids import placeholder_in
from autolab_core.vocab.tokens import SHARED_PARTS, TEMPLATES, TOKENS, nearest, tokens_of

__all__ = ["TemplateProblem", "problems_of", "require_values"]

_BEFORE, _AFTER = "stage_", ".md"


class TemplateProblem(NamedTuple):
    """What is wrong with a template or a shared part; ``line`` counts from 1, None is the whole file."""

    path: str
    line: int | None
    message: str


def require_values(prompt: Prompt, name: str, values: Mapping[str, str], why_empty: Mapping[str, str]) -> None:
    """Raise DocumentError, with template, line and token, unless all that *prompt* needs is in *values*.

    *name* is the template's (``launch``). A value that is required must not be empty, and none may hold a literal
    placeholder: *why_empty* says of a token what has to be done first.
    """
    for template in (prompt.template, *prompt.shared.values()):
        for problem in _unknown(template, frozenset(tokens_of(name)), name):
            raise DocumentError(problem.path, problem.message, line=problem.line)
        for line, token in _uses(template):
            value = values.get(token, "")
            if not value and TOKENS[token].required:
                raise DocumentError(
                    template.path, f"token {token} has no value", line=line, hint=why_empty.get(token, "")
                )
            literal = placeholder_in(value)
            if literal is not None:
                message = f"the value of token {token} holds the unresolved placeholder {literal}"
                raise DocumentError(template.path, message, line=line, hint="fill it where the value comes from")


def problems_of(tree: Tree) -> tuple[int, tuple[TemplateProblem, ...]]:
    """How many files were looked at, and all that is wrong with the repository's prompts and the shipped ones.

    A shared part that no template includes has to make sense all the same, for some template.
    """
    sources = Sources(tree)
    own, misnamed = _own_templates(tree)
    found: dict[TemplateProblem, None] = dict.fromkeys(misnamed)
    seen: set[str] = set()
    for name in sorted({*own, *SHIPPED_TEMPLATES}):
        try:
            prompt = sources.prompt(name)
        except DocumentError as error:
            found[_of_error(error)] = None
            continue
        seen |= {part.path for part in prompt.parts}
        for template in (prompt.template, *prompt.shared.values()):
            found |= dict.fromkeys(_unknown(template, frozenset(tokens_of(name)), name))
    for file in sorted({*SHARED_PARTS, *(each for each in tree.names(PROMPTS_SHARED) if each.endswith(_AFTER))}):
        if f"{PROMPTS_SHARED}/{file}" in seen:
            continue
        try:
            found |= dict.fromkeys(_unknown(sources.part(file), frozenset(TOKENS), None))
        except DocumentError as error:
            found[_of_error(error)] = None
    return len({*seen, *sources.read}), tuple(found)


def _own_templates(tree: Tree) -> tuple[tuple[str, ...], tuple[TemplateProblem, ...]]:
    """The names of the repository's own templates, and what is wrong with those that are for nothing."""
    names, problems = [], []
    for file in tree.names(PROMPTS) if tree.is_folder(PROMPTS) else ():
        if not (file.startswith(_BEFORE) and file.endswith(_AFTER)):
            continue
        name = file.removeprefix(_BEFORE).removesuffix(_AFTER)
        if name in TEMPLATES:
            names.append(name)
        else:
            meant = nearest(name, TEMPLATES)
            hint = f"; is {_BEFORE}{meant}{_AFTER} meant?" if meant else f"; stages are {', '.join(TEMPLATES)}"
            problems.append(TemplateProblem(f"{PROMPTS}/{file}", None, f"is for no stage: {name!r}{hint}"))
    return tuple(names), tuple(problems)


def _uses(template: Template) -> Iterator[tuple[int, str]]:
    for line in template.lines:
        for piece in line.pieces:
            if isinstance(piece, Use):
                yield line.number, piece.name


def _unknown(template: Template, known: frozenset[str], name: str | None) -> Iterator[TemplateProblem]:
    for line, token in _uses(template):
        if token in known:
            continue
        if token in TOKENS:
            where = ", ".join(each for each in TEMPLATES if each in TOKENS[token].templates)
            yield TemplateProblem(template.path, line, f"token {token} is not known in {name}, but in {where}")
            continue
        meant = nearest(token, known)
        hint = f"is {meant} meant?" if meant else f"known are {', '.join(sorted(known))}"
        yield TemplateProblem(template.path, line, f"no token is called {token}; {hint}")


def _of_error(error: DocumentError) -> TemplateProblem:
    hint = f" ({error.hint})" if error.hint else ""
    return TemplateProblem(error.path, error.line, f"{error.message}{hint}")
