"""Words of a command line: quoting, escapes, parameters, substitutions (bash 5, "Shell Expansions" and "Quoting")."""

from __future__ import annotations

from autolab_core.guard.hook.shell.nodes import (
    Arithmetic,
    Node,
    Output,
    Parameter,
    Piece,
    Process,
    ShellProblem,
    Word,
)
from autolab_core.guard.hook.values import ANY_NAME, BRACE_CLOSE, BRACE_OPEN, CLASS_OPEN, COMMA, ONE, TILDE

__all__ = ["BLANKS", "Words", "joined"]

BLANKS = " \t"
_ENDS_WORD = " \t\n;&|<>()"
_SPECIAL = {"*": ANY_NAME, "?": ONE, "{": BRACE_OPEN, ",": COMMA, "}": BRACE_CLOSE, "[": CLASS_OPEN, "~": TILDE}
_NAME_START = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
_DIGIT = "0123456789"
_NAME = _NAME_START + _DIGIT
_ONE_LETTER = "@*#?$!-" + _DIGIT
_MAX_DEPTH = 60
_MAX_STEPS = 400_000
_ANSI = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "v": "\v"}


class Words:
    """A place in *text*. ``depth`` is how deep in substitutions the text stands."""

    def __init__(self, text: str, depth: int = 0) -> None:
        if depth > _MAX_DEPTH:
            raise ShellProblem("it nests too deep")
        self.text = text
        self.at = 0
        self.depth = depth
        self.steps = 0

    def sequence(self, ends: frozenset[str]) -> Node:
        """The commands up to one of the words *ends* or ``)``; the grammar knows how."""
        raise NotImplementedError

    def peek(self, length: int = 1) -> str:
        return self.text[self.at : self.at + length]

    def step(self) -> None:
        """Count work: a text that would take long is refused instead."""
        self.steps += 1
        if self.steps > _MAX_STEPS:
            raise ShellProblem("it is too long")

    def take(self, token: str) -> bool:
        if self.text.startswith(token, self.at):
            self.at += len(token)
            return True
        return False

    def word(self) -> Word:
        """The word that begins here; it may be empty only by being quoted."""
        start = self.at
        pieces: list[Piece] = []
        while self.at < len(self.text):
            self.step()
            character = self.text[self.at]
            if character in "<>" and self.peek(2)[1:] == "(":
                self.at += 2
                pieces.append(Process(self._inside_parentheses()))
            elif character == "(" and pieces and self.text[self.at - 1] in "?*+@!":
                self._extended_pattern(pieces)
            elif character in _ENDS_WORD:
                break
            elif character == "\\" and self.peek(2) == "\\\n":
                self.at += 2
            else:
                self._piece(pieces, start)
        return Word(joined(pieces), self.text[start : self.at])

    def _piece(self, pieces: list[Piece], start: int) -> None:
        character = self.text[self.at]
        if character == "\\":
            pieces.append(self.text[self.at + 1 : self.at + 2])
            self.at += 2
        elif character == "'":
            pieces.append(self._until_quote())
        elif character == '"':
            self.at += 1
            pieces += self.double_quoted('"')
        elif character in "$`":
            pieces += self._substitution(quoted=False)
        elif character == "~" and self.at != start and self.text[self.at - 1] not in "=:":
            self.at += 1
            pieces.append("~")
        else:
            self.at += 1
            pieces.append(_SPECIAL.get(character, character))

    def _extended_pattern(self, pieces: list[Piece]) -> None:
        """``@(a|b)`` and its like: any name. What is in it is read for its quotes alone."""
        depth = 0
        while self.at < len(self.text):
            self.step()
            character = self.text[self.at]
            if character in "\n;&":
                break
            if character in "\\'\"$`":
                inner: list[Piece] = []
                self._piece(inner, -1)
                if not all(isinstance(piece, str) for piece in inner):
                    raise ShellProblem("a pattern of several alternatives substitutes something")
                continue
            self.at += 1
            depth += {"(": 1, ")": -1}.get(character, 0)
            if depth == 0:
                last = pieces.pop()
                pieces.append(last[:-1] + ANY_NAME if isinstance(last, str) else ANY_NAME)
                return
        raise ShellProblem("a parenthesis is not closed")

    def _until_quote(self) -> str:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise ShellProblem("a single quote is not closed")
        text = self.text[self.at + 1 : end]
        self.at = end + 1
        return text

    def double_quoted(self, end: str) -> list[Piece]:
        """The pieces up to the double quote *end*; with "" up to the end of the text, as in a here-document."""
        pieces: list[Piece] = [""]
        while self.at < len(self.text):
            self.step()
            character = self.text[self.at]
            if character == end:
                self.at += 1
                return pieces
            if character in "$`":
                pieces += self._substitution(quoted=True)
            elif character == "\\" and self.peek(2)[1:] in ("$", "`", '"', "\\", "\n"):
                following = self.text[self.at + 1 : self.at + 2]
                pieces.append("" if following == "\n" else following if following != '"' or end else '\\"')
                self.at += 2
            else:
                self.at += 1
                pieces.append(character)
        if end:
            raise ShellProblem("a double quote is not closed")
        return pieces

    def _substitution(self, quoted: bool) -> list[Piece]:
        """What ``$`` or a backtick begins; a ``$`` that begins nothing is itself."""
        if self.text[self.at] == "`":
            return [Output(self._backticks(), quoted)]
        following = self.peek(2)[1:]
        if following == "(":
            if self.peek(3) == "$((":
                number = self._arithmetic(3)
                if number is not None:
                    return [Arithmetic(number)]
            self.at += 2
            return [Output(self._inside_parentheses(), quoted)]
        if following == "{":
            self.at += 2
            return [self._braced(quoted)]
        if following == "[":
            raise ShellProblem("`$[…]` is not understood; write `$((…))`")
        if following == "'" and not quoted:
            self.at += 1
            return [self._ansi()]
        self.at += 1
        if following == '"' and not quoted:
            self.at += 1
            return self.double_quoted('"')
        if following and following in _NAME_START:
            return [Parameter(self._name(), quoted)]
        if following and following in _ONE_LETTER:
            self.at += 1
            return [Parameter(following, quoted)]
        return ["$"]

    def _name(self) -> str:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] in _NAME:
            self.at += 1
        return self.text[start : self.at]

    def _inside_parentheses(self) -> Node:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise ShellProblem("it nests too deep")
        body = self.sequence(frozenset())
        self.depth -= 1
        if not self.take(")"):
            raise ShellProblem("a substitution is not closed")
        return body

    def _backticks(self) -> Node:
        """The text up to the closing backtick, its own backslashes taken off, read as commands."""
        self.at += 1
        inner: list[str] = []
        while self.at < len(self.text):
            self.step()
            character = self.text[self.at]
            self.at += 1
            if character == "`":
                # The same class as this one: the grammar.
                reader = type(self)("".join(inner), self.depth + 1)
                return reader.sequence(frozenset(["\0"]))
            if character == "\\" and self.peek() in ("`", "\\", "$"):
                character = self.peek()
                self.at += 1
            inner.append(character)
        raise ShellProblem("a backtick is not closed")

    def _arithmetic(self, opening: int) -> list[Piece] | None:
        """The substitutions in ``((…))`` after *opening* characters; None, and nowhere moved, when ``))`` is no end.

        Raises ShellProblem for quotes in it.
        """
        start, depth = self.at, 0
        self.at += opening
        pieces: list[Piece] = []
        while self.at < len(self.text):
            self.step()
            character = self.text[self.at]
            if character in "$`":
                pieces += self._substitution(quoted=True)
                continue
            if character in "'\"":
                # Bash pairs them there; where it then sees the end is not worth following.
                raise ShellProblem("quotes stand in `((…))`")
            if character == "\\":
                self.at += 1
            self.at += 1
            if character == "(":
                depth += 1
            elif character == ")":
                if depth == 0:
                    if self.take(")"):
                        return [piece for piece in pieces if not isinstance(piece, str)]
                    break
                depth -= 1
        self.at = start
        return None

    def _braced(self, quoted: bool) -> Parameter:
        """``${…}`` after its brace."""
        prefix = ""
        if self.peek() in ("#", "!") and self.peek(2)[1:] != "}" and self.peek(2)[1:] in _NAME + "@*":
            prefix = self.peek()
            self.at += 1
        name = self._name()
        if not name:
            name = self.peek()
            if name not in _ONE_LETTER or not name:
                raise ShellProblem("`${…}` names nothing")
            self.at += 1
        start = self.at
        while self.peek() not in ("", "}") and self.text[self.at] in ":-=+?#%/^,@[!":
            self.at += 1
            if self.text[start : self.at] in ("[", "@") or self.at - start == 2:
                break
        operator = prefix + self.text[start : self.at]
        return Parameter(name, quoted, operator, self._until_brace())

    def _until_brace(self) -> Word:
        start = self.at
        pieces: list[Piece] = []
        while self.at < len(self.text):
            self.step()
            if self.take("}"):
                return Word(joined(pieces), self.text[start : self.at - 1])
            self._piece(pieces, -1)
        raise ShellProblem("`${` is not closed")

    def _ansi(self) -> str:
        """``$'…'`` at its quote: the text with its escapes read."""
        self.at += 1
        text: list[str] = []
        while self.at < len(self.text):
            self.step()
            character = self.text[self.at]
            self.at += 1
            if character == "'":
                return "".join(text)
            text.append(self._escape() if character == "\\" else character)
        raise ShellProblem("a quote is not closed")

    def _escape(self) -> str:
        kind = self.peek()
        self.at += 1
        if kind in _ANSI:
            return _ANSI[kind]
        if kind in "01234567" and kind:
            self.at -= 1
            return self._coded(_DIGIT[:8], 3, 8)
        widths = {"x": 2, "u": 4, "U": 8}
        if kind in widths:
            return self._coded("0123456789abcdefABCDEF", widths[kind], 16)
        if kind == "c":
            raise ShellProblem("`\\c` in `$'…'` is not understood")
        return kind if kind in "\\'\"?" else f"\\{kind}"

    def _coded(self, digits: str, most: int, base: int) -> str:
        start = self.at
        while self.at < len(self.text) and self.at - start < most and self.text[self.at] in digits:
            self.at += 1
        number = int(self.text[start : self.at] or "0", base)
        if not 0 < number < 0xD800:
            raise ShellProblem("an escape names no character that a path has")
        return chr(number)


def joined(pieces: list[Piece]) -> list[Piece]:
    """The same, neighbouring texts as one."""
    joined: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined
