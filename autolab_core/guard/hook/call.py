"""One program with its words, about to be judged: what the judges of single programs are handed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from autolab_core.guard.hook.expand import Expander
from autolab_core.guard.hook.reach import Reach
from autolab_core.guard.hook.state import State
from autolab_core.guard.hook.values import UNKNOWN, shown
from autolab_core.guard.hook.verdict import Denied, quoted

__all__ = ["Call", "Options", "Settings", "Walk"]

# The variables that are set for one command alone; None for any value.
Settings = Mapping[str, "tuple[str, ...] | None"]


class Walk(Protocol):
    """What judges ask of the walk through a command line that they are a part of."""

    reach: Reach
    expander: Expander
    # Whether nothing ran yet that may have removed a folder.
    trusting: bool
    # For each function that runs, the state in which it returned; None where it did not yet.
    returned: list[State | None]

    def run_text(
        self, text: str, state: State, positional: list[str] | None = None, apart: bool = True
    ) -> State | None:
        """Judge *text* as commands: of a shell of its own when *apart*, else of this one. Returns the state after."""

    def judge_words(self, words: list[str], state: State, given: str | None, settings: Settings) -> None:
        """Judge the program ``words[0]`` with its words."""


class Call:
    """``name`` is the program without its folder, ``words`` what follows. ``given`` is the text on its standard input:
    None when it cannot be known, "" when there is none."""

    __slots__ = ("given", "name", "reach", "settings", "state", "walk", "words")

    def __init__(
        self, walk: Walk, state: State, name: str, words: list[str], given: str | None, settings: Settings
    ) -> None:
        self.walk = walk
        self.reach: Reach = walk.reach
        self.state = state
        self.name = name
        self.words = words
        self.given = given
        self.settings = settings

    def write(self, *values: str) -> None:
        """The program writes these files."""
        for value in values:
            self.reach.check(value, self.state.folders, "write")

    def remove(self, *values: str) -> None:
        """It removes these names; what they link to stays."""
        for value in values:
            self.reach.check(value, self.state.folders, "remove", follow=False)

    def change_tree(self, verb: str, *values: str) -> None:
        """It changes these files or folders with all that is in them."""
        for value in values:
            self.reach.check(value, self.state.folders, verb, tree=True)

    def options(self, short: str = "", long: Iterable[str] = ()) -> Options:
        """The words as options and operands; *short* letters and *long* names take a value."""
        return Options(self.words, short, frozenset(long))

    def again(self, words: Sequence[str], given: str | None = "") -> None:
        """Judge *words* as the command that this program runs."""
        if words:
            self.walk.judge_words(list(words), self.state, given, self.settings)

    def shell(self, text: str, words: Sequence[str] = ()) -> None:
        """Judge *text* as commands that a shell of its own runs; *words* are its ``$0``, ``$1`` and so on."""
        state = self.state.copy()
        if words:
            state.assign("0", (words[0],))
        self.walk.run_text(text, state, list(words[1:]))

    def hand_over(self, words: Iterable[str]) -> None:
        """The program is given *words*, and nothing is known of what it does with a path among them."""
        for word in words:
            for part in _paths_in(word):
                name = self.reach.is_protected(part, self.state.folders)
                if name is not None:
                    raise Denied(
                        f"gives {quoted(shown(part))} to `{self.name}`, which is not known to only read it ({name} is"
                        " protected); let a program that only reads print it, as `cat FILE | …`"
                    )

    def deny(self, why: str) -> None:
        raise Denied(f"`{self.name}` {why}")


def _paths_in(word: str) -> list[str]:
    """What of *word* may be a path: itself, what follows ``=``, what follows a short option or an ``@``."""
    found = [word]
    if "=" in word:
        found.append(word.partition("=")[2])
    if word.startswith("-") and not word.startswith("--"):
        found.append(word[2:])
    if ":" in word:
        found += word.split(":")
    found += [each[1:] for each in list(found) if each.startswith("@")]
    return [each for each in found if each and UNKNOWN not in each and each[0] != "-"]


class Options:
    """Words sorted into ``operands`` and ``found``: each option's name with its values ("" for one without)."""

    __slots__ = ("found", "operands")

    def __init__(self, words: list[str], short: str, long: frozenset[str]) -> None:
        self.operands: list[str] = []
        self.found: dict[str, list[str]] = {}
        waiting = iter(words)
        for word in waiting:
            if word == "--":
                self.operands += waiting
            elif word.startswith("--"):
                name, equals, value = word[2:].partition("=")
                # GNU programs take an abbreviation for the whole name.
                name = (
                    name
                    if name in long
                    else next((full for full in long if len(name) > 2 and full.startswith(name)), name)
                )
                self._add(name, value if equals else next(waiting, "") if name in long else "")
            elif word.startswith("-") and len(word) > 1:
                for index, letter in enumerate(word[1:], 2):
                    if letter in short:
                        self._add(letter, word[index:] or next(waiting, ""))
                        break
                    self._add(letter, "")
            else:
                self.operands.append(word)

    def _add(self, name: str, value: str) -> None:
        self.found.setdefault(name, []).append(value)

    def has(self, *names: str) -> bool:
        """Whether one of *names* was given; a long name also by an abbreviation of three letters or more."""
        return any(
            given == name or (len(given) > 2 and len(name) > 2 and name.startswith(given))
            for name in names
            for given in self.found
        )

    def values(self, *names: str) -> list[str]:
        """Every value that was given to one of *names*."""
        return [value for name in names for value in self.found.get(name, [])]

    @property
    def unknown(self) -> bool:
        """Whether a word is there that may be an option, or several words."""
        return any(operand.startswith(UNKNOWN) for operand in self.operands)
