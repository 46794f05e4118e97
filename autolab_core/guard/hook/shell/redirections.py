"""Redirections and here-documents ("Redirections" in bash's manual)."""

from __future__ import annotations

from autolab_core.guard.hook.shell.nodes import Piece, Redirection, ShellProblem, Word
from autolab_core.guard.hook.shell.words import BLANKS, Words, joined

__all__ = ["Redirections"]

_OPERATORS = ("&>>", "&>", "<<<", "<<-", "<<", "<>", "<&", ">>", ">&", ">|", "<", ">")


class Redirections(Words):
    """Words, and what says where a command reads and writes. ``waiting`` are here-documents whose bodies are yet to
    come, each with whether leading tabs go."""

    def __init__(self, text: str, depth: int = 0) -> None:
        super().__init__(text, depth)
        self.waiting: list[tuple[Redirection, bool]] = []

    def _blanks(self) -> None:
        while self.at < len(self.text):
            self.step()
            if self.text[self.at] in BLANKS:
                self.at += 1
            elif not self.take("\\\n"):
                break
        if self.peek() == "#":
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end

    def _nonempty(self) -> Word:
        word = self.word()
        if not word.source:
            raise ShellProblem(f"`{self.peek()}` stands where a word should")
        return word

    def _redirection(self) -> Redirection | None:
        self._blanks()
        start = self.at
        fd = self._descriptor()
        if self.peek(2) in ("<(", ">("):
            self.at = start
            return None
        operator = next((each for each in _OPERATORS if self.text.startswith(each, self.at)), None)
        if operator is None or (fd and operator.startswith("&")):
            self.at = start
            return None
        self.at += len(operator)
        self._blanks()
        redirection = Redirection(operator, fd, self._nonempty())
        if operator in ("<<", "<<-"):
            self.waiting.append((redirection, operator == "<<-"))
        return redirection

    def _descriptor(self) -> str:
        """The number, or ``{name}``, directly before a redirection."""
        start = end = self.at
        if self.peek() == "{":
            closing = self.text.find("}", start)
            if closing > 0 and self.text[start + 1 : closing].isidentifier():
                end = closing + 1
        while end == start or (start < end < len(self.text) and self.text[end - 1].isdigit()):
            if not self.text[end : end + 1].isdigit():
                break
            end += 1
        if self.text[end : end + 1] in ("<", ">") and end > start:
            self.at = end
            return self.text[start:end]
        return ""

    def _here_documents(self) -> None:
        """The bodies that begin on the line after their redirections."""
        waiting, self.waiting = self.waiting, []
        for redirection, strip_tabs in waiting:
            source = redirection.word.source
            end = source.replace("\\", "").replace("'", "").replace('"', "").removeprefix("$" if "'" in source else "")
            lines: list[str] = []
            while self.at < len(self.text):
                stop = self.text.find("\n", self.at)
                stop = len(self.text) if stop < 0 else stop
                line = self.text[self.at : stop]
                self.at = min(stop + 1, len(self.text))
                if strip_tabs:
                    line = line.lstrip("\t")
                if line == end:
                    break
                lines.append(line)
            body = "".join(f"{line}\n" for line in lines)
            plain = any(mark in source for mark in "\\'\"")
            # What it substitutes runs, too.
            pieces: list[Piece] = [body] if plain else type(self)(body, self.depth + 1).double_quoted("")
            redirection.text = Word(joined(pieces), body)
