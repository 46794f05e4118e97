"""The grammar of a bash command line ("Shell Commands" and "Redirections" in its manual)."""

from __future__ import annotations

from autolab_core.guard.hook.shell.nodes import (
    And,
    Assignment,
    Case,
    Condition,
    For,
    Function,
    Group,
    If,
    Loop,
    Negated,
    Node,
    Or,
    Piece,
    Pipe,
    Sequence,
    ShellProblem,
    Simple,
    Word,
)
from autolab_core.guard.hook.shell.redirections import Redirections

__all__ = ["read_command_line"]

_RESERVED = frozenset(["then", "elif", "else", "fi", "do", "done", "esac", "}"])
_COMPOUND = frozenset(["if", "for", "while", "until", "case", "{", "select", "function", "[[", "time", "!", "coproc"])
_NONE: frozenset[str] = frozenset()
_WHOLE = frozenset(["\0"])


def read_command_line(text: str) -> Node:
    """*text* as a tree. Raises ShellProblem when it is no command line, or one that would take long to read."""
    if "\0" in text:
        raise ShellProblem("it holds a NUL")
    return _Grammar(text).sequence(_WHOLE)


class _Grammar(Redirections):
    """Commands, built on words and redirections."""

    def sequence(self, ends: frozenset[str]) -> Node:
        items: list[tuple[Node, bool]] = []
        while True:
            self._newlines()
            if self._at_end(ends):
                return Sequence(items)
            node = self._and_or()
            background = False
            self._blanks()
            if self.peek(2) != "&&" and self.take("&"):
                background = True
            elif self.peek(2) not in (";;", ";&"):
                separated = self.take(";") or self.peek() == "\n"
                if not separated and not self._at_end(ends):
                    raise ShellProblem(f"`{self.peek(8).splitlines()[0]}` stands where no command can go on")
            items.append((node, background))

    def _at_end(self, ends: frozenset[str]) -> bool:
        if self.at >= len(self.text):
            if ends == _WHOLE:
                if self.waiting:
                    self._here_documents()
                return True
            raise ShellProblem("it ends in the middle of a command")
        if self.peek() == ")" or self.peek(2) in (";;", ";&"):
            if ends == _WHOLE:
                raise ShellProblem("a `)` or `;;` stands alone")
            return True
        word = self._reserved()
        if word in ends:
            return True
        if word in _RESERVED:
            raise ShellProblem(f"`{word}` stands alone")
        return False

    def _newlines(self) -> None:
        self._blanks()
        while self.peek() == "\n":
            self.at += 1
            self._here_documents()
            self._blanks()

    def _reserved(self) -> str:
        """The unquoted word that stands here, unread; "" when there is none."""
        end = self.at
        while end < len(self.text) and self.text[end] not in " \t\n;&|<>()":
            end += 1
        return self.text[self.at : end]

    def _expect(self, word: str) -> None:
        self._newlines()
        if self._reserved() != word:
            raise ShellProblem(f"`{word}` is missing")
        self.at += len(word)

    def _and_or(self) -> Node:
        left = self._pipeline()
        while True:
            self._blanks()
            if self.take("&&"):
                self._newlines()
                left = And(left, self._pipeline())
            elif self.take("||"):
                self._newlines()
                left = Or(left, self._pipeline())
            else:
                return left

    def _pipeline(self) -> Node:
        negated = False
        while self._reserved() in ("!", "time"):
            negated = negated != (self._reserved() == "!")
            self.at += len(self._reserved())
            self._blanks()
            if self._reserved() == "-p":
                self.at += 2
                self._blanks()
        stages = [self._command()]
        while True:
            self._blanks()
            if self.peek(2) == "||" or not (self.take("|&") or self.take("|")):
                node = stages[0] if len(stages) == 1 else Pipe(stages)
                return Negated(node) if negated else node
            self._newlines()
            stages.append(self._command())

    def _command(self) -> Node:
        self.depth += 1
        if self.depth > 60:
            raise ShellProblem("it nests too deep")
        node = self._compound()
        if node is None:
            node = self._simple()
        else:
            while (redirection := self._redirection()) is not None:
                node.redirections.append(redirection)
        self.depth -= 1
        return node

    def _compound(self) -> Node | None:
        if self.peek(2) == "((":
            pieces = self._arithmetic(2)
            if pieces is not None:
                return Condition(pieces)
        if self.take("("):
            return Group(self._closed(_NONE, ")"), apart=True)
        word = self._reserved()
        if word not in _COMPOUND:
            return None
        self.at += len(word)
        if word == "{":
            return Group(self._closed(frozenset("}"), "}"), apart=False)
        if word == "if":
            return self._if()
        if word in ("while", "until"):
            condition = self._closed(frozenset(["do"]), "do")
            return Loop(condition, self._closed(frozenset(["done"]), "done"))
        if word in ("for", "select"):
            return self._for()
        if word == "case":
            return self._case()
        if word == "[[":
            return Condition(self._test())
        if word == "function":
            self._blanks()
            return self._function(self.word().source)
        raise ShellProblem(f"`{word}` is not understood here")

    def _closed(self, ends: frozenset[str], end: str) -> Node:
        body = self.sequence(ends)
        if not self.take(end):
            raise ShellProblem(f"`{end}` is missing")
        return body

    def _if(self) -> Node:
        branches: list[tuple[Node, Node]] = []
        otherwise: Node | None = None
        ends = frozenset(["elif", "else", "fi"])
        while True:
            condition = self._closed(frozenset(["then"]), "then")
            branches.append((condition, self.sequence(ends)))
            if self.take("elif"):
                continue
            if self.take("else"):
                otherwise = self.sequence(frozenset(["fi"]))
            if not self.take("fi"):
                raise ShellProblem("`fi` is missing")
            return If(branches, otherwise)

    def _for(self) -> Node:
        self._blanks()
        pieces: list[Piece] = []
        words: list[Word] | None = None
        name = ""
        if self.peek(2) == "((":
            found = self._arithmetic(2)
            if found is None:
                raise ShellProblem("`for ((` is not closed")
            pieces, words = found, []
        else:
            name = self.word().source
            self._newlines()
            if self._reserved() == "in":
                self.at += 2
                words = self._words_until_newline()
        self._blanks()
        self.take(";")
        self._newlines()
        if self.take("{"):
            return For(name, words, self._closed(frozenset("}"), "}"), pieces)
        self._expect("do")
        return For(name, words, self._closed(frozenset(["done"]), "done"), pieces)

    def _words_until_newline(self) -> list[Word]:
        words: list[Word] = []
        while True:
            self._blanks()
            if self.peek() in ("", ";", "\n", "&", "|", ")"):
                return words
            words.append(self._nonempty())

    def _case(self) -> Node:
        self._blanks()
        word = self._nonempty()
        self._expect("in")
        branches: list[tuple[list[Word], Node]] = []
        while True:
            self._newlines()
            if self._reserved() == "esac":
                self.at += 4
                return Case(word, branches)
            self.take("(")
            patterns = []
            while True:
                self._blanks()
                patterns.append(self._nonempty())
                self._blanks()
                if self.take(")"):
                    break
                if not self.take("|"):
                    raise ShellProblem("a pattern of `case` is not closed")
            branches.append((patterns, self.sequence(frozenset(["esac"]))))
            if not (self.take(";;&") or self.take(";;") or self.take(";&")):
                self._newlines()

    def _test(self) -> list[Piece]:
        """What is substituted between ``[[`` and ``]]``; its operators do nothing."""
        pieces: list[Piece] = []
        while True:
            self._newlines()
            if self.at >= len(self.text):
                raise ShellProblem("`]]` is missing")
            if self.peek() in "()|&<>!;":
                self.at += 1
                continue
            word = self._nonempty()
            if word.source == "]]":
                return pieces
            pieces += [piece for piece in word.pieces if not isinstance(piece, str)]

    def _function(self, name: str) -> Node:
        self._blanks()
        if self.take("("):
            self._blanks()
            if not self.take(")"):
                raise ShellProblem(f"the function `{name}` is not well formed")
        self._newlines()
        body = self._command()
        if isinstance(body, Simple):
            raise ShellProblem(f"the function `{name}` has no body")
        return Function(name, body)

    def _simple(self) -> Node:
        node = Simple([], [])
        while True:
            self._blanks()
            redirection = self._redirection()
            if redirection is not None:
                node.redirections.append(redirection)
                continue
            if self.peek() in ("", "\n", ";", "&", "|", ")"):
                break
            if self.peek() == "(":
                if len(node.words) == 1 and not node.assignments:
                    return self._function(node.words[0].source)
                raise ShellProblem("a `(` stands where a word should")
            assignment = self._assignment(bool(node.words))
            if assignment is None:
                node.words.append(self._nonempty())
            elif node.words:
                node.arrays.append(assignment)
            else:
                node.assignments.append(assignment)
        if not node.words and not node.assignments and not node.redirections:
            raise ShellProblem("a command is missing")
        return node

    def _assignment(self, among_words: bool) -> Assignment | None:
        """``name=value`` if that stands here; after a command's name only that of an array, as ``declare`` takes it."""
        end = self.at
        while end < len(self.text) and (self.text[end].isalnum() or self.text[end] == "_"):
            end += 1
        name = self.text[self.at : end]
        if not name or name[0].isdigit():
            return None
        if self.text[end : end + 1] == "[":
            closing = self.text.find("]", end)
            if closing < 0 or any(each in self.text[end:closing] for each in "\n $`"):
                return None
            end = closing + 1
        indexed = end > 0 and self.text[end - 1] == "]"
        added = self.text.startswith("+=", end)
        if not added and self.text[end : end + 1] != "=":
            return None
        end += 2 if added else 1
        array = self.text[end : end + 1] == "("
        if among_words and not array:
            return None
        self.at = end
        if not array:
            return Assignment(name, [self.word()], added or indexed)
        self.at += 1
        values: list[Word] = []
        while True:
            self._newlines()
            if self.take(")"):
                return Assignment(name, values, added)
            values.append(self._nonempty())
