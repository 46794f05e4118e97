"""What the shell does itself and that changes its own state: where it stands, its variables, whether it goes on."""

from __future__ import annotations

import os
from collections.abc import Callable

from autolab_core.guard.hook.call import Call
from autolab_core.guard.hook.state import State, merged
from autolab_core.guard.hook.values import BELOW, UNKNOWN, is_plain, name_set, placed
from autolab_core.guard.hook.verdict import Denied

__all__ = ["BUILTINS", "SHELL_BUILTINS", "refuse_tricks", "set_by_printf"]

_After = tuple[State | None, State | None]
# They change nothing that matters here; `[` and `test` ask.
SHELL_BUILTINS = name_set(
    ": true false [ test echo printf pwd type hash jobs fg bg disown wait kill ulimit umask bind caller compgen"
    " complete compopt dirs enable help history let logout shopt suspend times"
)
# Builtin, and a word by which it makes the shell run or match something else later.
_TRICKS = {
    "hash": ("-p",),
    "enable": ("-f", "-n"),
    "compgen": ("-C", "-F"),
    "complete": ("-C", "-F"),
    "bind": ("-x",),
    "shopt": ("dotglob", "nocaseglob", "nocasematch", "expand_aliases", "lastpipe"),
}
_STACK = "DIRSTACK"


def _change_folder(call: Call) -> _After:
    """``cd`` and ``pushd``: the shell stands elsewhere when that worked, and where it stood when not."""
    state = call.state
    operands = [word for word in call.words if word == "-" or not word.startswith("-")]
    if "CDPATH" in state.variables or len(operands) > 1:
        targets: tuple[str, ...] | None = None
    elif not operands:
        targets = call.walk.expander.value("HOME", state)
    elif operands[0] == "-":
        targets = call.walk.expander.value("OLDPWD", state)
    else:
        targets = (operands[0],)
    places = [_place(folder, target) for folder in state.folders for target in targets or (UNKNOWN,)]
    there = call.walk.trusting and all(is_plain(place) and os.path.isdir(place) for place in places)
    ok = state.copy()
    ok.folders = tuple(
        dict.fromkeys(os.path.realpath(each) if "-P" in call.words and there else each for each in places)
    )
    ok.assign("OLDPWD", state.folders)
    if call.name == "pushd":
        ok.assign(_STACK, None if _STACK in state.variables else state.folders)
    return ok, None if there else state


def _place(folder: str, target: str) -> str:
    """Where ``cd target`` leads from *folder*, by the path as it is written."""
    if UNKNOWN in target or (not target.startswith("/") and UNKNOWN in folder):
        return UNKNOWN
    parts: list[str] = []
    for part in placed(folder, target).split("/"):
        if part == "..":
            if parts and BELOW in parts.pop():
                return UNKNOWN
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def _leave_folder(call: Call) -> _After:
    ok = call.state.copy()
    ok.folders = call.state.variables.get(_STACK) or (UNKNOWN,)
    ok.variables.pop(_STACK, None)
    return ok, call.state


def _declare(call: Call) -> _After:
    letters = "".join(word[1:] for word in call.words if word.startswith(("-", "+")))
    # `-n` names another variable, `-l` and `-u` change what is assigned.
    known = set(letters) <= set("xrgpaAftF")
    for word in call.words:
        name, equals, value = word.partition("=")
        if equals and name.isidentifier():
            call.state.assign(name, (value,) if known and UNKNOWN not in value else None)
        elif equals:
            call.state.assign(name.rstrip("+").partition("[")[0], None)
        elif not known:
            call.state.assign(word, None)
    if "n" in letters:
        call.deny("gives a variable another name, so that what is in either cannot be seen")
    return call.state, call.state


def _forget(call: Call) -> _After:
    for word in call.words:
        call.state.assign(word, None)
        call.state.functions.pop(word, None)
    return call.state, call.state


def _read(call: Call) -> _After:
    """``read`` and ``mapfile``: the variables hold what stands on standard input, line by line or word by word."""
    options = call.options("adnNptuCOci" if call.name == "read" else "dnOsuCc")
    if options.has("C"):
        call.deny("runs a command of its own for what it reads")
    found: tuple[str, ...] | None = None
    plain = not options.has("u", "n", "N", "d", "O", "s", "i") and "IFS" not in call.state.variables
    separators = call.settings.get("IFS", (" \t\n",))
    raw = call.name != "read" or options.has("r") or "\\" not in (call.given or "")
    if call.given is not None and plain and raw and separators in ((" \t\n",), ("",), ("\n",)):
        found = _fields(call.given)
    for name in [*options.operands, *options.values("a")] or ["REPLY", "MAPFILE"]:
        call.state.assign(name, found)
    return call.state, call.state


def _fields(text: str) -> tuple[str, ...]:
    """What `read` may put into a variable: a line, a word of it, or the rest of it from a word on."""
    found = []
    for line in text.split("\n"):
        words = line.split()
        found += [line, *words, *(line[line.find(word) :].strip() for word in words)]
    return tuple(dict.fromkeys(found))


def _evaluate(call: Call) -> _After:
    after = call.walk.run_text(" ".join(call.words), call.state, apart=False)
    return after, after


def _set(call: Call) -> _After:
    if "--" in call.words:
        call.state.positional = call.words[call.words.index("--") + 1 :]
    elif call.words and not call.words[0].startswith(("-", "+")):
        call.state.positional = list(call.words)
    return call.state, call.state


def _shift(call: Call) -> _After:
    count = int(call.words[0]) if call.words and call.words[0].isdecimal() else 1
    if call.state.positional is not None:
        # Within a loop it is not known how often.
        call.state.positional = call.state.positional[count:]
    return call.state, call.state


def _end(call: Call) -> _After:
    return None, None


def _return(call: Call) -> _After:
    """``return`` ends the function that runs; where none does, bash says so and goes on."""
    returned = call.walk.returned
    if not returned:
        return call.state, call.state
    returned[-1] = merged(returned[-1], call.state.copy())
    return None, None


def _choose(call: Call) -> _After:
    for name in (*call.words[1:2], "OPTARG"):
        call.state.assign(name, None)
    return call.state, call.state


def _trap(call: Call) -> _After:
    words = [word for word in call.words if word not in ("-p", "-l", "--")]
    if len(words) > 1 and words[0] not in ("", "-"):
        call.shell(words[0])
    return call.state, call.state


def _alias(call: Call) -> _After:
    """An alias is a command that is given a name: it is judged as if it ran at once."""
    for word in call.words:
        name, equals, text = word.partition("=")
        if equals:
            call.shell(text)
            # Whether the name means the alias from now on depends on the shell.
            call.state.functions[name] = None
    return call.state, call.state


def _execute(call: Call) -> _After:
    """``exec``: with a command, the shell ends in it."""
    words = list(call.words)
    while words and words[0].startswith("-"):
        words = words[2:] if words[0] == "-a" else words[1:]
    if not words:
        return call.state, call.state
    call.again(words, call.given)
    return None, call.state


BUILTINS: dict[str, Callable[[Call], _After]] = {
    "cd": _change_folder,
    "pushd": _change_folder,
    "popd": _leave_folder,
    "export": _declare,
    "declare": _declare,
    "typeset": _declare,
    "local": _declare,
    "readonly": _declare,
    "unset": _forget,
    "read": _read,
    "mapfile": _read,
    "readarray": _read,
    "eval": _evaluate,
    "set": _set,
    "shift": _shift,
    "exit": _end,
    "return": _return,
    "getopts": _choose,
    "trap": _trap,
    "alias": _alias,
    "unalias": _set,
    "exec": _execute,
}


def refuse_tricks(name: str, words: list[str]) -> None:
    """Raise Denied when the builtin makes the shell mean something else by what comes later."""
    found = [word for word in words for trick in _TRICKS.get(name, ()) if word == trick]
    if found:
        raise Denied(f"`{name} {found[0]}` makes the shell do something else by what comes after it")


def set_by_printf(call: Call) -> None:
    """``printf -v NAME``: what the variable holds is not followed."""
    if call.words[:1] == ["-v"] or "".join(call.words[:1]).startswith("-v"):
        call.state.assign(call.words[0][2:] or "".join(call.words[1:2]), None)
