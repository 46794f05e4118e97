"""The slow engine: ``jsonschema`` judges by any schema and its findings become our words.

Imported only when something is wrong with the data, or when a repository has a schema of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable

from autolab_core.io.documents.json_reader import parse_json
from autolab_core.io.schemas.problem import SchemaProblem, cut
from autolab_core.io.schemas.words import pointer_of, problems_of
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.times import is_timestamp

__all__ = ["make_judge"]

PROBLEMS_MAX: Final = 50

# What a schema that passed ``check_schema`` can still make the engine raise: a reference that leads nowhere or to
# itself, an expression that only some regex dialects know, ``multipleOf`` beyond what a float can hold.
_FAULTS: Final = (Unresolvable, RecursionError, re.error, ArithmeticError)


def make_judge(source: bytes, where: str) -> Callable[[object], tuple[SchemaProblem, ...]]:
    """A function that says what is wrong with data by the JSON Schema *source*, at most ``PROBLEMS_MAX`` things.

    Raises ``DocumentError`` naming *where* when *source* is not a JSON Schema of draft 2020-12; the function does
    when the schema turns out to be unusable. Nothing is ever fetched: a reference must stay inside its file.
    """
    schema = _checked(source, where)
    nothing_else: Registry[Any] = Registry()
    validator = Draft202012Validator(schema, registry=nothing_else, format_checker=_formats())

    def judge(data: object) -> tuple[SchemaProblem, ...]:
        try:
            errors = list(islice(validator.iter_errors(data), PROBLEMS_MAX + 1))
        except _FAULTS as error:
            reason = f"{type(error).__name__} {error}".replace("\n", " ")
            hint = "references must stay inside the file; `autolab init` restores the shipped schema"
            raise DocumentError(where, f"is a schema that cannot be used: {cut(reason, 160)}", hint=hint) from error
        found = dict.fromkeys(problem for error in errors[:PROBLEMS_MAX] for problem in problems_of(error))
        more = (SchemaProblem("", f"more than {PROBLEMS_MAX} problems; these are the first"),)
        return tuple(found) + (more if len(errors) > PROBLEMS_MAX else ())

    return judge


def _checked(source: bytes, where: str) -> Any:
    document = parse_json(source, where)
    try:
        Draft202012Validator.check_schema(document.data)
    except SchemaError as error:
        pointer = pointer_of(error.absolute_path)
        place = document.place(pointer)
        message = cut(f"is not a JSON Schema: {error.message}".replace("\n", " "), 200)
        raise DocumentError(where, message, line=place.line, column=place.column, pointer=pointer) from error
    except (RecursionError, re.error) as error:
        raise DocumentError(where, f"is not a usable JSON Schema: {cut(str(error), 160)}") from error
    return document.data


def _formats() -> FormatChecker:
    checker = FormatChecker(formats=())

    @checker.checks("date-time")
    def is_time(value: object) -> bool:
        return not isinstance(value, str) or is_timestamp(value)

    return checker
