"""A cursor over the text of one list item: names in backticks, numbers, words. What it cannot read is ``Unclear``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from autolab_core.io.spec.findings import Unclear

__all__ = ["NAME_EXTRA", "Scanner", "name_problem"]

# What the name of a metric or a setting may hold beside letters and digits.
NAME_EXTRA: Final = "_.-/@%+"
_DASHES: Final = ("—", "–")


class Scanner:
    """Reads *text* from its beginning; ``rest`` is what is not read yet, without white space around it."""

    __slots__ = ("rest",)

    def __init__(self, text: str) -> None:
        self.rest = text.strip()

    def take(self, *literals: str) -> str | None:
        """The first of *literals* that the rest begins with, in any case, read; None when it begins with none."""
        for literal in literals:
            if self.rest[: len(literal)].casefold() == literal.casefold():
                # A word must end where it ends: "steps" is not "step".
                if literal[-1].isalnum() and self.rest[len(literal) : len(literal) + 1].isalnum():
                    continue
                self.skip(len(literal))
                return literal
        return None

    def skip(self, count: int) -> str:
        """The next *count* characters, read."""
        found, self.rest = self.rest[:count], self.rest[count:].lstrip()
        return found

    def quoted(self) -> str | None:
        """What stands in backticks here, read; None where there are none."""
        if not self.rest.startswith("`"):
            return None
        end = self.rest.find("`", 1)
        if end < 0:
            raise Unclear("a backtick is not closed")
        return self.skip(end + 1)[1:-1].strip()

    def word(self, stops: str = ",;()` ") -> str:
        """Everything up to one of *stops*, read."""
        end = next((at for at, character in enumerate(self.rest) if character in stops), len(self.rest))
        return self.skip(end)

    def name(self, what: str) -> str:
        """A name: in backticks, or bare where it holds nothing but letters, digits and ``NAME_EXTRA``."""
        found = self.quoted()
        if found is None:
            found = self.word("`:,;()<>=≤≥ ").rstrip(".")
        if problem := name_problem(found):
            raise Unclear(f"{what} {found!r} is refused: {problem}" if found else f"{what} is missing; write `name`")
        return found

    def colon(self, what: str) -> None:
        """A colon or a dash, read."""
        if self.take(":", *_DASHES) is None:
            raise Unclear(f"there is no colon before {what}{self._found()}")

    def one_of(self, literals: Iterable[str], what: str) -> str:
        """Which of *literals* stands here, read; the longest where several do."""
        ordered = sorted(literals, key=len, reverse=True)
        found = self.take(*ordered)
        if found is None:
            raise Unclear(f"{what} should be one of {', '.join(sorted(literals))}{self._found()}")
        return found

    def end(self, form: str) -> None:
        """Nothing may be left; *form* shows what the whole item should look like."""
        if self.rest:
            raise Unclear(f"cannot read {self.rest[:60]!r} here; write {form} (explanations go into a paragraph)")

    def _found(self) -> str:
        return f", not {self.rest[:40]!r}" if self.rest else ""


def name_problem(name: str) -> str | None:
    """Why *name* cannot name a metric or a setting, as the end of "… is refused: …"; None when it can."""
    if not name:
        return "it is empty"
    if not (name[0].isalpha() or name[0] == "_"):
        return "it does not begin with a letter"
    if not name.isascii() or not all(each.isalnum() or each in NAME_EXTRA for each in name):
        return f"only letters, digits and {' '.join(NAME_EXTRA)} are allowed"
    return None
