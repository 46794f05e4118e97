"""Plain data as the bytes of a JSON file."""

from __future__ import annotations

import json

from autolab_core.vocab.errors import StoreError

__all__ = ["dump_json"]


def dump_json(data: object, shown: str = "the document") -> bytes:
    """*data* as JSON in UTF-8: two spaces of indentation, keys in their order, a newline at the end.

    Raises ``StoreError`` naming *shown* for data that no JSON reader would give back (NaN, Infinity, a lone
    surrogate, a cycle): it is ours that cannot be stored, no author's file is at fault. A value of a type that
    JSON does not know is a mistake in the program and stays a ``TypeError``.
    """
    try:
        return (json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
    except (ValueError, RecursionError) as error:
        reason = "a lone surrogate" if isinstance(error, UnicodeEncodeError) else str(error).splitlines()[0].lower()
        raise StoreError(shown, f"cannot be written as JSON: {reason}") from error
