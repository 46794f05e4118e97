"""Programs that run a program of their own: shells, Python and its like."""

from __future__ import annotations

from collections.abc import Callable

from autolab_core.guard.hook.call import Call
from autolab_core.guard.hook.code import judge_code
from autolab_core.guard.hook.values import is_plain

__all__ = ["INTERPRETERS"]

_Judge = Callable[[Call], None]
_CODE_OPTIONS = {
    "python": "c",
    "pypy": "c",
    "perl": "eE",
    "ruby": "e",
    "node": "ep",
    "php": "r",
    "lua": "e",
    "Rscript": "e",
}
_VALUE_OPTIONS = {"python": "cmWX", "pypy": "cmWX", "perl": "eEIMmCDFx", "ruby": "eIrCEF", "node": "epr", "php": "rdf"}


def _shell(call: Call) -> None:
    """``sh -c TEXT``, a script, or commands on standard input."""
    words, text = list(call.words), False
    while words and words[0][:1] in ("-", "+") and words[0] not in ("-", "--"):
        word = words.pop(0)
        if word in ("-o", "+o", "-O", "+O", "--rcfile", "--init-file"):
            words = words[1:]
        elif not word.startswith("--"):
            text = text or (word.startswith("-") and "c" in word)
            # `-o pipefail` may end a row of letters: `-euo pipefail`.
            words = words[1:] if word.endswith("o") and len(word) > 2 else words
    words = words[1:] if words[:1] == ["--"] else words
    if text:
        if not words:
            call.deny("-c is given no command")
        call.shell(words[0], words[1:])
    elif not words or words[0] == "-":
        _from_input(call, call.shell)
    else:
        _script(call, words)


def _from_input(call: Call, judge: Callable[[str], None]) -> None:
    if call.given is None or not is_plain(call.given):
        call.deny("runs what it reads from its standard input, which cannot be seen from the command")
    elif call.given:
        judge(call.given)


def _script(call: Call, words: list[str]) -> None:
    """A script is run as it lies there: it is not looked into. What it is given may be written by it."""
    if words[0].startswith(("/dev/", "/proc/")):
        call.deny("runs what it reads from elsewhere, which cannot be seen from the command")
    call.hand_over(words[1:])


def _sourced(call: Call) -> None:
    _script(call, call.words or [""])


def _interpreter(call: Call) -> None:
    """``python -c CODE``, ``python -m MODULE``, a script, or code on standard input."""
    language = call.name.rstrip("0123456789.w") or call.name
    code, values = _CODE_OPTIONS.get(language, "e"), _VALUE_OPTIONS.get(language, "e")
    words, codes, in_place = list(call.words), [], False
    while words and words[0].startswith("-") and words[0] not in ("-", "--"):
        word = words.pop(0)
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            if name in ("--eval", "--print"):
                codes.append(value if equals else words.pop(0) if words else "")
            continue
        for index, letter in enumerate(word[1:], 2):
            if letter == "i" and language in ("perl", "ruby"):
                in_place = True
                break
            if letter in values or letter in code:
                value = word[index:] or (
                    words.pop(0) if (words and language != "perl") or (letter in "eE" and words) else ""
                )
                if letter in code:
                    codes.append(value)
                elif letter == "m" and language in ("python", "pypy"):
                    _module(call, [value, *words])
                    return
                break
        if codes and language in ("python", "pypy"):
            break
    for text in codes:
        judge_code(call, text, language)
    if in_place:
        call.write(*words)
    elif codes:
        _script(call, ["-", *words]) if language not in ("perl", "ruby") else None
    elif not words or words[0] == "-":
        if not any(word in ("-V", "--version", "-h", "--help", "-v") for word in call.words):
            _from_input(call, lambda text: judge_code(call, text, language))
    else:
        _script(call, words)


def _module(call: Call, words: list[str]) -> None:
    """``python -m pytest`` is judged as ``pytest``."""
    if words[0] == "json.tool":
        call.write(*[word for word in words[1:] if not word.startswith("-")][1:2])
    elif words[0] in ("compileall", "zipfile", "tarfile", "venv", "shutil"):
        call.write(*[word for word in words[1:] if not word.startswith("-")])
    elif words[0]:
        call.again(words, call.given)


INTERPRETERS: dict[str, _Judge] = {
    **dict.fromkeys(("sh", "bash", "dash", "ksh", "zsh", "ash", "fish", "rbash", "mksh"), _shell),
    **dict.fromkeys(("python", "pypy", "perl", "ruby", "node", "nodejs", "bun", "deno", "php"), _interpreter),
    **dict.fromkeys(("lua", "Rscript", "tclsh", "osascript"), _interpreter),
    **dict.fromkeys(("source", "."), _sourced),
}
