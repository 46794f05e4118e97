"""Scripts of ``sed`` and ``awk``: what they write and run themselves."""

from __future__ import annotations

from collections.abc import Callable

from autolab_core.guard.hook.call import Call
from autolab_core.guard.hook.code import judge_code
from autolab_core.guard.hook.values import UNKNOWN
from autolab_core.guard.hook.verdict import Denied, quoted

__all__ = ["STREAM_EDITORS"]

_STREAMS = ("/dev/stdout", "/dev/stderr")
_CANNOT_SEE = "is given a script that cannot be seen from the command"


def _sed(call: Call) -> None:
    words, scripts, files, in_place = list(call.words), [], [], False
    from_file = False
    while words:
        word = words.pop(0)
        if word == "--":
            files += words
            break
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            in_place = in_place or (len(name) > 1 and "in-place".startswith(name))
            if name in ("expression", "file", "line-length"):
                value = value if equals else words.pop(0) if words else ""
                scripts += [value] if name == "expression" else []
                from_file = from_file or name == "file"
        elif not word.startswith("-") or word == "-":
            files.append(word)
        else:
            for index, letter in enumerate(word[1:], 2):
                if letter == "i":
                    in_place = True
                    break
                if letter in "efl":
                    value = word[index:] or (words.pop(0) if words else "")
                    scripts += [value] if letter == "e" else []
                    from_file = from_file or letter == "f"
                    break
    if not scripts and not from_file:
        scripts, files = files[:1], files[1:]
    if scripts:
        _Script(call, "\n".join(scripts)).judge()
    if in_place:
        for each in files:
            call.reach.check(each, call.state.folders, "edit")


class _Script:
    """A script of ``sed``, read command by command (GNU sed's manual, "sed scripts")."""

    def __init__(self, call: Call, text: str) -> None:
        if UNKNOWN in text:
            call.deny(_CANNOT_SEE)
        self.call = call
        self.text = text
        self.at = 0

    def judge(self) -> None:
        while self.at < len(self.text):
            self._addresses()
            if self.at < len(self.text):
                self._command(self._next())

    def _next(self) -> str:
        self.at += 1
        return self.text[self.at - 1 : self.at]

    def _rest_of_line(self) -> str:
        end = self.text.find("\n", self.at)
        end = len(self.text) if end < 0 else end
        text = self.text[self.at : end]
        self.at = end + 1
        return text

    def _addresses(self) -> None:
        while self.at < len(self.text):
            character = self.text[self.at]
            if character in " \t\n;}!,~+$0123456789":
                self.at += 1
            elif character in "/\\":
                self.at += 1
                self._past(self._next() if character == "\\" else "/")
                while self.text[self.at : self.at + 1] in ("I", "M"):
                    self.at += 1
            else:
                return

    def _past(self, delimiter: str) -> None:
        """Go behind the next *delimiter* that is neither escaped nor in brackets."""
        bracket = -1
        while self.at < len(self.text):
            character = self._next()
            if character == "\\" and bracket < 0:
                self.at += 1
            elif bracket < 0 and character == delimiter:
                return
            elif bracket < 0 and character == "[":
                bracket = self.at + (self.text[self.at : self.at + 1] == "^")
            elif bracket >= 0 and character == "]" and self.at - 1 != bracket:
                bracket = -1
        raise Denied(f"`sed` is given {quoted(self.text)}, which cannot be read as a script")

    def _command(self, letter: str) -> None:
        if letter in "{=dDgGhHnNpPxFz":
            return
        if letter in ":btTqQlLv":
            while self.at < len(self.text) and self.text[self.at] not in ";\n}":
                self.at += 1
        elif letter in "#aicrR":
            while self._rest_of_line().endswith("\\") and letter in "aic":
                pass
        elif letter in "wW":
            self._write()
        elif letter in "sy":
            self._replace(letter)
        elif letter == "e":
            self.call.deny("is told to run a command by its script")
        else:
            raise Denied(f"`sed` is given {quoted(self.text)}, which cannot be read as a script")

    def _write(self) -> None:
        target = self._rest_of_line().strip()
        if target not in _STREAMS:
            self.call.write(target)

    def _replace(self, letter: str) -> None:
        delimiter = self._next()
        start = self.at
        self._past(delimiter)
        # In the replacement a bracket is a bracket.
        while self.at < len(self.text) and self.text[self.at] != delimiter:
            self.at += 2 if self.text[self.at] == "\\" else 1
        if self.at >= len(self.text):
            raise Denied(f"`sed` is given {quoted(self.text[start - 2 :])}, which cannot be read as a script")
        self.at += 1
        while letter == "s" and self.at < len(self.text) and self.text[self.at] in "gpPiIemMw0123456789":
            flag = self._next()
            if flag == "e":
                self.call.deny("is told to run what it makes by its script")
            if flag == "w":
                self._write()


def _awk(call: Call) -> None:
    options = call.options("Ffvile", ["field-separator", "file", "assign", "include", "source", "load"])
    files = options.operands
    scripts = options.values("e", "source")
    if not scripts and not options.has("f", "file"):
        scripts, files = files[:1], files[1:]
    for text in scripts:
        _judge_awk(call, text)
    if "inplace" in options.values("i", "include"):
        call.write(*files)


def _judge_awk(call: Call, text: str) -> None:
    """``print > "file"`` and ``print | "command"``: what stands in quotes is known, anything else is not."""
    if UNKNOWN in text:
        call.deny(_CANNOT_SEE)
    bare = _without_texts(text)
    if "system" in bare or "|" in bare.replace("||", ""):
        judge_code(call, text, "awk")
        call.deny("runs another program from its script")
    for index, mark in enumerate(bare):
        if mark != ">" or bare[index + 1 : index + 2] == "=" or bare[index - 1 : index] == ">":
            continue
        statement = bare[:index].rpartition("{")[2].rpartition(";")[2].rpartition("\n")[2]
        if "print" not in statement or statement.count("(") > statement.count(")"):
            continue
        target = text[index + 1 :].lstrip("> ")
        name, closed, after = target[1:].partition('"')
        if (
            not target.startswith('"')
            or not closed
            or "\\" in name
            or after.lstrip(" ")[:1] not in ("", "}", ";", "\n")
        ):
            call.deny("prints into a file whose name its script makes")
        if name not in _STREAMS:
            call.write(name)


def _without_texts(text: str) -> str:
    """*text* with blanks for what stands in double quotes, so that each character stays where it is."""
    found, inside, skip = [], False, False
    for character in text:
        if skip or (inside and character != '"'):
            found.append(" ")
            skip = inside and not skip and character == "\\"
        else:
            inside = inside != (character == '"')
            found.append(character)
    return "".join(found)


STREAM_EDITORS: dict[str, Callable[[Call], None]] = {
    **dict.fromkeys(("sed", "gsed"), _sed),
    **dict.fromkeys(("awk", "gawk", "mawk", "nawk"), _awk),
}
