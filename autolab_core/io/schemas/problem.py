"""What is wrong with a value, and how a value is shown in a sentence."""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text, and the first compilation
# of a process costs a quarter of a bare interpreter's start.

from typing import Final, NamedTuple

__all__ = ["MESSAGE_MAX", "SchemaProblem", "cut", "shown"]

MESSAGE_MAX: Final = 280
_VALUE_MAX: Final = 60


class SchemaProblem(NamedTuple):
    """One reason why data is not what its schema says.

    ``pointer`` (RFC 6901) leads to the offending value; where a key is missing, to the mapping that lacks it.
    ``message`` is one short line that says what was expected.
    """

    pointer: str
    message: str


def cut(text: str, limit: int = MESSAGE_MAX) -> str:
    """*text*, with its middle left out where it is longer than *limit* characters."""
    if len(text) <= limit:
        return text
    half = (limit - 3) // 2
    return f"{text[:half]}...{text[-half:]}"


def shown(value: object) -> str:
    """*value* as people who write JSON or YAML know it: short and on one line, whatever it holds."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    if isinstance(value, str):
        # A long text is cut before it is quoted: it may be megabytes long.
        return cut(repr(value if len(value) <= 4 * _VALUE_MAX else cut(value, 4 * _VALUE_MAX)), _VALUE_MAX)
    if isinstance(value, int) and value.bit_length() > 4 * _VALUE_MAX:
        return "a very large integer"  # Python refuses to print the longest ones
    return cut(repr(value), _VALUE_MAX)
