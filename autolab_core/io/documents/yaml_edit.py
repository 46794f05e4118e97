"""Rewriting a YAML file that people keep by hand: comments, order, quotes and indentation stay as they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from autolab_core.io.documents.write import dump_json
from autolab_core.io.documents.yaml_reader import parse_yaml
from autolab_core.vocab.errors import DocumentError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ruamel.yaml import YAML

__all__ = ["edit_yaml"]

# Comments and the mark that a document may start with. Compiled when first used: this module is on every command's way.
_START: Final = r"(?:[ \t]*+(?:#[^\n]*+)?+\n)*+---[ \t]*+(?:#[^\n]*+)?+\n"


def edit_yaml(source: bytes, shown: str, edit: Callable[[Any], None]) -> bytes:
    """*source* after *edit* changed its data in place, with everything that *edit* did not touch as it was.

    *edit* is called twice: on plain data, which tells what the result must read as, and on a tree that behaves
    like that data and carries the comments. So it must do the same each time, through the methods that dict and
    list have. Raises ``DocumentError`` when *source* is no document we read, and ``StoreError`` when the result
    would not read as the edited data (then there is nothing to write, and the file has to be edited by hand).
    """
    expected = parse_yaml(source, shown).data
    edit(expected)
    result = _round_trip(source, shown, edit)
    try:
        same = dump_json(parse_yaml(result, shown).data, shown) == dump_json(expected, shown)
    except DocumentError:
        same = False
    if not same:
        raise StoreError(shown, "cannot be rewritten without changing more than was asked", hint="edit it by hand")
    return result


def _round_trip(source: bytes, shown: str, edit: Callable[[Any], None]) -> bytes:
    import io

    from ruamel.yaml.error import YAMLError

    text = source.decode()
    windows = "\r\n" in text
    # A carriage return would end up inside of the comments that are kept.
    text = text.replace("\r\n", "\n")
    # ruamel.yaml 0.19 drops a comment before the start mark, and the mark: they are set aside.
    marked = re.match(_START, text)
    head = marked[0] if marked else ""
    yaml = _emitter(text)
    try:
        tree = yaml.load(text[len(head) :])
    except (YAMLError, ValueError) as error:
        words = str(error).partition("\n")[0]
        raise StoreError(shown, f"cannot be rewritten: {words}", hint="edit it by hand") from error
    edit(tree)
    stream = io.StringIO()
    yaml.dump(tree, stream)
    result = head + stream.getvalue()
    return (result.replace("\n", "\r\n") if windows else result).encode()


def _emitter(text: str) -> YAML:
    """A round-trip emitter that indents as *text* does, going by its first list and its first mapping below a key."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="rt", pure=True)
    yaml.preserve_quotes = True
    yaml.width = 1 << 20  # a line that was long stays one line
    sequence, mapping = -1, 0
    above, above_indent = "", 0
    for line in text.split("\n"):
        body = line.lstrip(" ")
        if not body or body[0] == "#":
            continue
        step = len(line) - len(body) - above_indent
        if above.endswith(":") and not above.startswith("-"):
            if body.startswith("- ") and step >= 0 and sequence < 0:
                sequence = step
            elif not body.startswith("-") and step > 0 and not mapping:
                mapping = step
        above, above_indent = body.partition(" #")[0].rstrip(), len(line) - len(body)
    sequence = max(sequence, 0)
    yaml.indent(mapping=mapping or 2, sequence=sequence + 2, offset=sequence)
    return yaml
