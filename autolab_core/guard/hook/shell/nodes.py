"""The parts of a command line. Plain classes: the hook starts for every tool call, and they cost the least."""

from __future__ import annotations

__all__ = [
    "And",
    "Arithmetic",
    "Assignment",
    "Case",
    "Condition",
    "For",
    "Function",
    "Group",
    "If",
    "Loop",
    "Negated",
    "Node",
    "Or",
    "Output",
    "Parameter",
    "Pipe",
    "Process",
    "Redirection",
    "Sequence",
    "ShellProblem",
    "Simple",
    "Word",
]


class ShellProblem(Exception):
    """The text is no command line that this reader understands; the message ends "cannot be read: …"."""


class Node:
    """Something that runs. ``redirections`` apply to the whole of it."""

    __slots__ = ("redirections",)

    def __init__(self) -> None:
        self.redirections: list[Redirection] = []


class Word:
    """One word: pieces of text, in which unquoted special characters are the private ones of ``hook.values``, and
    substitutions. ``source`` is how it was written."""

    __slots__ = ("pieces", "source")

    def __init__(self, pieces: list[Piece], source: str) -> None:
        self.pieces = pieces
        self.source = source

    @property
    def literal(self) -> str | None:
        """The word as written when nothing in it is quoted or expanded; None otherwise."""
        return self.source if self.pieces == [self.source] else None


class Parameter:
    """``$name`` or ``${name…}``: ``operator`` is what follows the name, ``argument`` the word after that."""

    __slots__ = ("argument", "name", "operator", "quoted")

    def __init__(self, name: str, quoted: bool, operator: str = "", argument: Word | None = None) -> None:
        self.name = name
        self.quoted = quoted
        self.operator = operator
        self.argument = argument


class Output:
    """``$(…)`` or backticks: what *body* prints."""

    __slots__ = ("body", "quoted")

    def __init__(self, body: Node, quoted: bool) -> None:
        self.body = body
        self.quoted = quoted


class Process:
    """``<(…)`` or ``>(…)``: a path that leads to *body*."""

    __slots__ = ("body",)

    def __init__(self, body: Node) -> None:
        self.body = body


class Arithmetic:
    """``$((…))``: a number; ``pieces`` are the substitutions in it."""

    __slots__ = ("pieces",)

    def __init__(self, pieces: list[Piece]) -> None:
        self.pieces = pieces


Piece = str | Parameter | Output | Process | Arithmetic


class Redirection:
    """``operator`` without its number; ``text`` is the body of a here-document, whose word is only its end."""

    __slots__ = ("fd", "operator", "text", "word")

    def __init__(self, operator: str, fd: str, word: Word) -> None:
        self.operator = operator
        self.fd = fd
        self.word = word
        self.text: Word | None = None


class Assignment:
    """``name=value`` before a command; ``values`` has more than one for an array."""

    __slots__ = ("added", "name", "values")

    def __init__(self, name: str, values: list[Word], added: bool) -> None:
        self.name = name
        self.values = values
        self.added = added


class Simple(Node):
    """A command with its words; ``arrays`` are those that ``declare`` and its like are given among them."""

    __slots__ = ("arrays", "assignments", "words")

    def __init__(self, assignments: list[Assignment], words: list[Word]) -> None:
        super().__init__()
        self.arrays: list[Assignment] = []
        self.assignments = assignments
        self.words = words


class Sequence(Node):
    """Commands one after the other; each with whether it runs in the background."""

    __slots__ = ("items",)

    def __init__(self, items: list[tuple[Node, bool]]) -> None:
        super().__init__()
        self.items = items


class And(Node):
    """``left && right``."""

    __slots__ = ("left", "right")

    def __init__(self, left: Node, right: Node) -> None:
        super().__init__()
        self.left = left
        self.right = right


class Or(And):
    """``left || right``."""

    __slots__ = ()


class Negated(Node):
    """``! body``: it succeeds when *body* fails."""

    __slots__ = ("body",)

    def __init__(self, body: Node) -> None:
        super().__init__()
        self.body = body


class Pipe(Node):
    """Commands that run at once, each reading what the one before prints."""

    __slots__ = ("stages",)

    def __init__(self, stages: list[Node]) -> None:
        super().__init__()
        self.stages = stages


class Group(Node):
    """``( … )`` when ``apart``, else ``{ … }``."""

    __slots__ = ("apart", "body")

    def __init__(self, body: Node, apart: bool) -> None:
        super().__init__()
        self.body = body
        self.apart = apart


class If(Node):
    """``branches``: condition and body of ``if`` and each ``elif``."""

    __slots__ = ("branches", "otherwise")

    def __init__(self, branches: list[tuple[Node, Node]], otherwise: Node | None) -> None:
        super().__init__()
        self.branches = branches
        self.otherwise = otherwise


class Loop(Node):
    """``while`` or ``until``."""

    __slots__ = ("body", "condition")

    def __init__(self, condition: Node, body: Node) -> None:
        super().__init__()
        self.condition = condition
        self.body = body


class For(Node):
    """``for name in words``; ``words`` is None for the positional parameters, ``pieces`` those of ``for ((…))``."""

    __slots__ = ("body", "name", "pieces", "words")

    def __init__(self, name: str, words: list[Word] | None, body: Node, pieces: list[Piece]) -> None:
        super().__init__()
        self.name = name
        self.words = words
        self.body = body
        self.pieces = pieces


class Case(Node):
    """``case word in pattern) body;; … esac``."""

    __slots__ = ("branches", "word")

    def __init__(self, word: Word, branches: list[tuple[list[Word], Node]]) -> None:
        super().__init__()
        self.word = word
        self.branches = branches


class Function(Node):
    """The definition of a function: nothing runs until it is called."""

    __slots__ = ("body", "name")

    def __init__(self, name: str, body: Node) -> None:
        super().__init__()
        self.name = name
        self.body = body


class Condition(Node):
    """``[[ … ]]`` or ``(( … ))``: only what is substituted in it can do anything."""

    __slots__ = ("pieces",)

    def __init__(self, pieces: list[Piece]) -> None:
        super().__init__()
        self.pieces = pieces
