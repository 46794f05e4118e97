"""What the words of a command may become: parameters, substitutions, braces, splitting, patterns."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from autolab_core.guard.hook import values
from autolab_core.guard.hook.shell.nodes import Arithmetic, Node, Output, Parameter, Piece, Process, Word
from autolab_core.guard.hook.state import MANY, State
from autolab_core.guard.hook.values import (
    ANY_NAME,
    BELOW,
    BRACE_CLOSE,
    BRACE_OPEN,
    CLASS_OPEN,
    COMMA,
    DIGITS,
    ONE,
    TILDE,
    UNKNOWN,
)

__all__ = ["Expander"]

_BREAK = "\ue00a"  # where an unquoted value is split into words
_NUMBERS = frozenset(
    [
        "?",
        "$",
        "#",
        "!",
        "RANDOM",
        "SECONDS",
        "LINENO",
        "UID",
        "EUID",
        "PPID",
        "BASHPID",
        "EPOCHSECONDS",
        "SRANDOM",
        "SHLVL",
    ]
)
_TEXT = frozenset(["HOSTNAME", "HOSTTYPE", "MACHTYPE", "OSTYPE", "EPOCHREALTIME", "BASH_VERSION"])
# Variables of the hook's own environment that are taken to be the command's, too: both are started by the harness.
_SHARED = ("HOME", "USER", "LOGNAME", "TMPDIR", "CLAUDE_PROJECT_DIR", "VIRTUAL_ENV", "CONDA_PREFIX")
_UNQUOTED = str.maketrans({"*": ANY_NAME, "?": ONE, "[": CLASS_OPEN, " ": _BREAK, "\t": _BREAK, "\n": _BREAK})
_AS_WRITTEN = str.maketrans({BRACE_OPEN: "{", COMMA: ",", BRACE_CLOSE: "}", TILDE: "~"})


class Expander:
    """Expands words in a state. ``run`` runs a substitution's commands in that state and says what they print, None
    when that cannot be known."""

    def __init__(self, environment: Mapping[str, str], run: Callable[[Node, State], str | None]) -> None:
        self._environment = {name: environment[name] for name in _SHARED if environment.get(name)}
        self._run = run

    def fields(self, word: Word, state: State) -> list[str]:
        """Every word that *word* may become, all possibilities together."""
        return list(dict.fromkeys(field for fields in self.alternatives(word, state) for field in fields))

    def alternatives(self, word: Word, state: State) -> list[list[str]]:
        """The possible expansions of *word*, each a list of words."""
        found = []
        for raw in self.raw(word.pieces, state):
            fields = [field for each in _braces(raw) for field in each.split(_BREAK) if field or _BREAK not in each]
            found.append([self._finished(field, state) for field in fields])
        return found

    def texts(self, word: Word, state: State) -> tuple[str, ...] | None:
        """What *word* may be where nothing is split, as in an assignment; None for anything."""
        found = tuple(
            dict.fromkeys(self._finished(each.replace(_BREAK, " "), state) for each in self.raw(word.pieces, state))
        )
        return None if UNKNOWN in found else found

    def raw(self, pieces: list[Piece], state: State) -> list[str]:
        """*pieces* put together in every way; marks of what was not quoted are still in it."""
        found = [""]
        for piece in pieces:
            options = self._options(piece, state)
            found = [before + option for before in found for option in options]
            if len(found) > MANY:
                found = [UNKNOWN]
        return found

    def _options(self, piece: Piece, state: State) -> list[str]:
        if isinstance(piece, str):
            return [piece]
        if isinstance(piece, Process):
            self._run(piece.body, state)
            return ["/dev/fd/1"]
        if isinstance(piece, Arithmetic):
            self.raw(piece.pieces, state)
            return [DIGITS]
        if isinstance(piece, Output):
            printed = self._run(piece.body, state)
            found = None if printed is None else _as_lines(printed.rstrip("\n"))
        elif piece.name in ("@", "*") and not piece.operator and state.positional is not None:
            return [_BREAK.join(state.positional)]
        else:
            found = self._parameter(piece, state)
        if found is None:
            return [UNKNOWN]
        if not piece.quoted and "IFS" in state.variables:
            return [UNKNOWN]
        return list(found) if piece.quoted else [each.translate(_UNQUOTED) for each in found]

    def _parameter(self, piece: Parameter, state: State) -> tuple[str, ...] | None:
        argument = self.texts(piece.argument, state) if piece.argument is not None else ("",)
        held = self.value(piece.name, state)
        operator = piece.operator
        if operator == "[":
            whole = piece.argument is not None and piece.argument.source[:1] in ("@", "*")
            return None if held is None or (whole and len(held) > 1) else held
        if operator in ("", ":?", "?"):
            return held
        if operator in (":-", "-", ":=", "="):
            if "=" in operator:
                state.assign(piece.name, None)
            if held is None and piece.name in state.variables:
                return None
            # A variable that nothing here sets is taken to be unset or unknown: both are possible.
            return None if argument is None or held is None else tuple(dict.fromkeys((*held, *argument)))
        if operator in (":+", "+"):
            return None if argument is None else ("", *argument)
        if operator == "#":
            return (DIGITS,) if piece.argument is None or not piece.argument.source else _cut(held, operator, argument)
        return _cut(held, operator, argument) if operator in ("##", "%", "%%") else None

    def value(self, name: str, state: State) -> tuple[str, ...] | None:
        """What the parameter *name* may be; None for anything."""
        if name in state.variables:
            return state.variables[name]
        if name == "PWD":
            return state.folders if UNKNOWN not in state.folders else None
        if name in self._environment:
            return (self._environment[name],)
        if name in _NUMBERS:
            return (DIGITS,)
        if name in _TEXT:
            return (ANY_NAME,)
        if name.isdigit() and name != "0" and state.positional is not None:
            return (state.positional[int(name) - 1] if int(name) <= len(state.positional) else "",)
        return ("bash",) if name == "0" else None

    def _finished(self, field: str, state: State) -> str:
        """*field* with its tilde, classes and doubled stars read, and what had no meaning written as it was."""
        before, tilde, after = field.partition(TILDE)
        # In a word like `of=~/x` bash reads it, too ("Tilde Expansion").
        if tilde and (not before or (before[-1] == "=" and before[:-1].isidentifier())):
            user, slash, rest = after.partition("/")
            places = {"": "HOME", "+": "PWD", "-": "OLDPWD"}
            found = self.value(places[user], state) if user in places else None
            field = before + (found[0] if found is not None and len(found) == 1 else UNKNOWN) + slash + rest
        if ANY_NAME + ANY_NAME in field:
            field = field.replace(ANY_NAME + ANY_NAME, BELOW)
        if CLASS_OPEN in field:
            field = _classes(field)
        return field.translate(_AS_WRITTEN)


def _as_lines(text: str) -> tuple[str, ...]:
    """Several lines are what is printed together, or one of which is printed."""
    return (text, *text.split("\n")) if "\n" in text else (text,)


def _classes(field: str) -> str:
    """Each ``[…]`` of *field* as one character; a bracket that is not closed as itself."""
    found = ""
    while CLASS_OPEN in field:
        before, _, after = field.partition(CLASS_OPEN)
        end = after.find("]", 2 if after[:1] in ("!", "^") else 1)
        if end < 0 or "/" in after[:end]:
            found, field = f"{found}{before}[", after
        else:
            found, field = found + before + ONE, after[end + 1 :]
    return found + field


def _braces(text: str) -> list[str]:
    """What ``{a,b}`` and ``{1..9}`` in *text* stand for."""
    waiting, found = [text], []
    while waiting:
        each = waiting.pop(0)
        expanded = _first_brace(each)
        if expanded is None:
            found.append(each)
        else:
            waiting = expanded + waiting
        if len(waiting) + len(found) > MANY:
            return [UNKNOWN]
    return found


def _first_brace(text: str) -> list[str] | None:
    """*text* with its first brace expression written out; None when it has none."""
    start = text.find(BRACE_OPEN)
    while start >= 0:
        depth, parts, begin = 0, [], start + 1
        for at in range(start, len(text)):
            if text[at] == BRACE_OPEN:
                depth += 1
            elif text[at] == BRACE_CLOSE:
                depth -= 1
            if (text[at] == COMMA and depth == 1) or depth == 0:
                parts.append(text[begin:at])
                begin = at + 1
            if depth == 0:
                break
        if depth == 0 and len(parts) > 1:
            return [text[:start] + part + text[begin:] for part in parts]
        if depth == 0 and ".." in parts[0]:
            return [text[:start] + ANY_NAME + text[begin:]]
        start = text.find(BRACE_OPEN, start + 1)
    return None


def _cut(held: tuple[str, ...] | None, operator: str, pattern: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """``${name%pattern}`` and its like, for the patterns that are common; None for the others."""
    if held is None or pattern is None or len(pattern) != 1:
        return None
    cut, found = pattern[0], []
    for value in held:
        if operator == "##" and cut == f"{ANY_NAME}/":
            found.append(value.rpartition("/")[2])
        elif operator == "%" and cut == f"/{ANY_NAME}":
            found.append(value.rpartition("/")[0] if "/" in value else value)
        elif operator == "%" and cut == f".{ANY_NAME}" and "." in value.rpartition("/")[2]:
            found.append(value.rpartition(".")[0])
        elif operator in ("%", "%%") and values.is_plain(cut) and values.is_plain(value[-len(cut) :]):
            found.append(value.removesuffix(cut))
        elif operator in ("#", "##") and values.is_plain(cut) and values.is_plain(value[: len(cut)]):
            found.append(value.removeprefix(cut))
        else:
            return None
    # A pattern that stood for several files may have held a name that climbs once its end is gone.
    return tuple(found) if not any(BELOW in value or UNKNOWN in value for value in found) else None
