"""Following a command line as the shell would: every branch, every substitution, with what is known at each point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from autolab_core.guard.hook.builtin import BUILTINS, SHELL_BUILTINS, refuse_tricks, set_by_printf
from autolab_core.guard.hook.call import Call, Settings
from autolab_core.guard.hook.expand import Expander
from autolab_core.guard.hook.outputs import printed_by
from autolab_core.guard.hook.programs import judge_program
from autolab_core.guard.hook.reach import Reach
from autolab_core.guard.hook.shell.grammar import read_command_line
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
    Pipe,
    Redirection,
    Sequence,
    ShellProblem,
    Simple,
)
from autolab_core.guard.hook.state import MANY, State, merged, same, widened
from autolab_core.guard.hook.values import UNKNOWN, is_plain, shown
from autolab_core.guard.hook.verdict import Denied, quoted

__all__ = ["Walker"]

_MOST_STEPS = 4000
_MOST_DEPTH = 40
_MOST_ROUNDS = 6
# They change which files patterns match, what runs first, or where `cd` goes.
_TREACHEROUS = frozenset(["GLOBIGNORE", "BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS"])
_WRITES = frozenset([">", ">>", ">|", "&>", "&>>", "<>", ">&"])


class _Ended:
    """The state after success and after failure, None where that does not happen, and what was printed."""

    __slots__ = ("not_ok", "ok", "printed")

    def __init__(self, ok: State | None, not_ok: State | None, printed: str | None = None) -> None:
        self.ok = ok
        self.not_ok = not_ok
        self.printed = printed

    @property
    def after(self) -> State | None:
        return merged(self.ok, self.not_ok)


class Walker:
    """Judges command lines: the ``Walk`` that the judges of single programs know."""

    def __init__(self, reach: Reach, environment: Mapping[str, str]) -> None:
        self.reach = reach
        self.trusting = True
        self.expander = Expander(environment, self._substitute)
        self.returned: list[State | None] = []
        self._steps = 0
        self._depth = 0

    def run_text(
        self, text: str, state: State, positional: list[str] | None = None, apart: bool = True
    ) -> State | None:
        """Judge *text* as commands: of a shell of its own when *apart*, else of this one. Returns the state after."""
        if not is_plain(text):
            raise Denied("would run commands that cannot be seen from the command line")
        try:
            node = read_command_line(text)
        except ShellProblem as problem:
            raise Denied(f"cannot be read as a command line: {problem}") from None
        inner = state
        if apart:
            inner = state.copy()
            inner.positional = positional if positional is not None else []
        return self.execute(node, inner, "").after

    def execute(self, node: Node, state: State | None, given: str | None) -> _Ended:
        """Judge *node* in *state*; *given* is what it finds on its standard input."""
        if state is None:
            return _Ended(None, None)
        self._steps += 1
        self._depth += 1
        if self._steps > _MOST_STEPS or self._depth > _MOST_DEPTH:
            raise Denied("is too long to be followed; do it in smaller steps")
        if not isinstance(node, Simple):
            given = self._redirect(node.redirections, state, given)
        ended = self._execute(node, state, given)
        self._depth -= 1
        return ended

    def _execute(self, node: Node, state: State, given: str | None) -> _Ended:
        if isinstance(node, Simple):
            return self._simple(node, state, given)
        if isinstance(node, Sequence):
            return self._sequence(node, state, given)
        if isinstance(node, Or):
            left = self.execute(node.left, state, given)
            right = self.execute(node.right, _copied(left.not_ok), given)
            return _Ended(merged(left.ok, right.ok), right.not_ok)
        if isinstance(node, And):
            left = self.execute(node.left, state, given)
            right = self.execute(node.right, _copied(left.ok), given)
            return _Ended(right.ok, merged(left.not_ok, right.not_ok), right.printed)
        if isinstance(node, Negated):
            ended = self.execute(node.body, state, given)
            return _Ended(ended.not_ok, ended.ok, ended.printed)
        if isinstance(node, Pipe):
            for stage in node.stages:
                given = self.execute(stage, state.copy(), given).printed
            return _Ended(state, state, given)
        if isinstance(node, Group):
            if not node.apart:
                return self.execute(node.body, state, given)
            return _Ended(state, state, self.execute(node.body, state.copy(), given).printed)
        if isinstance(node, If):
            return self._if(node, state, given)
        if isinstance(node, Loop):
            return self._loop(node.condition, node.body, state, given)
        if isinstance(node, For):
            return self._for(node, state, given)
        if isinstance(node, Case):
            return self._case(node, state, given)
        if isinstance(node, Function):
            state.functions[node.name] = node.body
            return _Ended(state, None)
        if isinstance(node, Condition):
            self.expander.raw(node.pieces, state)
            return _Ended(state, state)
        raise Denied("holds something that cannot be judged")

    def _sequence(self, node: Sequence, state: State, given: str | None) -> _Ended:
        ended = _Ended(state, None, "")
        printed: list[str | None] = []
        for item, background in node.items:
            before = ended.after
            if background:
                self.execute(item, before.copy() if before is not None else None, given)
                ended = _Ended(before, None, None)
            else:
                ended = self.execute(item, before, given)
            printed.append(ended.printed)
        # What several commands print is known when all of it is; an assignment prints nothing.
        known = [each for each in printed if each is not None]
        ended.printed = "".join(known) if len(known) == len(printed) else None
        return ended

    def _if(self, node: If, state: State, given: str | None) -> _Ended:
        waiting: State | None = state
        after: State | None = None
        for condition, body in node.branches:
            asked = self.execute(condition, waiting, given)
            after = merged(after, self.execute(body, _copied(asked.ok), given).after)
            waiting = asked.not_ok
        if node.otherwise is not None:
            waiting = self.execute(node.otherwise, _copied(waiting), given).after
        after = merged(after, waiting)
        return _Ended(after, after)

    def _case(self, node: Case, state: State, given: str | None) -> _Ended:
        self.expander.fields(node.word, state)
        after: State | None = state
        for patterns, body in node.branches:
            for pattern in patterns:
                self.expander.fields(pattern, state)
            # `;&` goes on from one branch into the next.
            after = merged(after, self.execute(body, _copied(after), given).after)
        return _Ended(after, after)

    def _loop(self, condition: Node | None, body: Node, state: State, given: str | None) -> _Ended:
        """Round and round, until another round finds nothing that the one before left behind."""
        entry: State | None = state
        for count in range(_MOST_ROUNDS):
            before = entry
            asked = self.execute(condition, _copied(entry), given).after if condition is not None else _copied(entry)
            again = self.execute(body, asked, given).after
            entry = merged(merged(entry, asked), again)
            if same(before, entry):
                return _Ended(entry, entry)
            if count > 1:
                entry = widened(before, entry)
        raise Denied("goes round in a loop that cannot be followed")

    def _for(self, node: For, state: State, given: str | None) -> _Ended:
        self.expander.raw(node.pieces, state)
        if node.words is None:
            chosen = tuple(state.positional) if state.positional is not None else None
        else:
            chosen = tuple(field for word in node.words for field in self.expander.fields(word, state))
        inner = state.copy()
        if node.words != []:
            inner.assign(node.name, None if chosen is not None and UNKNOWN in chosen else chosen)
        ended = self._loop(None, node.body, inner, given)
        # It may go round never, and then the variable holds what it held.
        return _Ended(merged(state, ended.ok), merged(state, ended.not_ok))

    def _simple(self, node: Simple, state: State, given: str | None) -> _Ended:
        settings = {each.name: self._values(each, state) for each in node.assignments}
        if _TREACHEROUS & set(settings):
            raise Denied("sets a variable by which the shell reads commands in another way")
        for array in node.arrays:
            self._values(array, state)
            state.assign(array.name, None)
        given = self._redirect(node.redirections, state, given)
        if not node.words:
            for name, value in settings.items():
                state.assign(name, value)
            return _Ended(state, state, "")
        ended: _Ended | None = None
        for words in self._commands(node, state):
            other = self._command(words, state.copy(), given, settings)
            ended = other if ended is None else _Ended(merged(ended.ok, other.ok), merged(ended.not_ok, other.not_ok))
        if ended is None:
            raise Denied("holds a command that cannot be followed")
        return ended

    def _values(self, assignment: Assignment, state: State) -> tuple[str, ...] | None:
        """What the variable may be afterwards; None for anything."""
        values = [self.expander.texts(word, state) for word in assignment.values]
        if None in values or assignment.added:
            return None
        return tuple(value for each in values if each is not None for value in each) or ("",)

    def _commands(self, node: Simple, state: State) -> Iterator[list[str]]:
        """The words of *node*, in every way in which they may come out together."""
        options = [self.expander.alternatives(word, state) for word in node.words]
        ways = 1
        for each in options:
            ways *= len(each)
        if ways > MANY:
            options = [each if len(each) == 1 else [[UNKNOWN]] for each in options]
        for chosen in product(*options):
            yield [field for fields in chosen for field in fields]

    def _command(self, words: list[str], state: State, given: str | None, settings: Settings) -> _Ended:
        functions = state.functions
        while words and words[0] in ("command", "builtin") and not "".join(words[1:2]).startswith("-"):
            words, functions = words[1:], {}
        if not words:
            return _Ended(state, state, "")
        name = words[0]
        if name in functions:
            return self._function(functions[name], name, words[1:], state, given)
        call = Call(self, state, name, words[1:], given, settings)
        if name in BUILTINS:
            ok, failed = BUILTINS[name](call)
            return _Ended(ok, failed, "")
        if name == "printf":
            set_by_printf(call)
        self.judge_words(words, state, given, settings)
        return _Ended(state, state, printed_by(call))

    def _function(self, body: Node | None, name: str, words: list[str], state: State, given: str | None) -> _Ended:
        if body is None:
            raise Denied(f"calls {quoted(name)}, and what that is depends on what ran before")
        before, state.positional = state.positional, words
        self.returned.append(None)
        ended = self.execute(body, state, given)
        returned = self.returned.pop()
        ended = _Ended(merged(ended.ok, returned), merged(ended.not_ok, _copied(returned)))
        for each in (ended.ok, ended.not_ok):
            if each is not None:
                each.positional = before
        return ended

    def judge_words(self, words: list[str], state: State, given: str | None, settings: Settings) -> None:
        """Judge the program ``words[0]`` with its words."""
        name = words[0]
        if not is_plain(name):
            raise Denied(f"would run {quoted(shown(' '.join(words)))}, and which program that is cannot be seen")
        refuse_tricks(name, words[1:])
        if name in SHELL_BUILTINS or (name in BUILTINS and name not in state.functions):
            return
        self._steps += 1
        self._depth += 1
        if self._steps > _MOST_STEPS or self._depth > _MOST_DEPTH:
            raise Denied("is too long to be followed; do it in smaller steps")
        if not judge_program(Call(self, state, name.rpartition("/")[2], words[1:], given, settings)):
            self.trusting = False
        self._depth -= 1

    def _redirect(self, redirections: list[Redirection], state: State, given: str | None) -> str | None:
        """Judge where output goes; returns what is found on standard input then."""
        for each in redirections:
            if each.operator in ("<<", "<<-"):
                text = each.text.pieces if each.text is not None else []
                found = self.expander.raw(text, state)
                given = found[0] if len(found) == 1 else None
                continue
            fields = self.expander.fields(each.word, state)
            if each.operator == "<<<":
                texts = self.expander.texts(each.word, state)
                given = f"{texts[0]}\n" if texts is not None and len(texts) == 1 else None
            elif each.operator in _WRITES and not (each.operator == ">&" and _is_descriptor(fields)):
                for field in fields:
                    self.reach.check(field, state.folders, "write")
            elif each.operator in ("<", "<&"):
                given = None
                # `1< file` lets `> /dev/stdout` open that file again, for writing.
                if each.operator == "<" and each.fd in ("1", "2"):
                    for field in fields:
                        self.reach.check(field, state.folders, "open as its output")
        return given

    def _substitute(self, body: Node, state: State) -> str | None:
        return self.execute(body, state.copy(), None).printed


def _is_descriptor(fields: list[str]) -> bool:
    return all(field.rstrip("-").isdigit() or field == "-" for field in fields)


def _copied(state: State | None) -> State | None:
    return state.copy() if state is not None else None
