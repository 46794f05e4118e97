"""The commands: the fenced block ``yaml protocol`` of the section Full Protocol."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator
from typing import Any, Final

from autolab_core.io.spec.findings import Findings, Unclear
from autolab_core.io.spec.scan import name_problem
from autolab_core.io.spec.settings import SEED
from autolab_core.io.spec.yaml_block import YamlBlock
from autolab_core.models.experiment.spec import Protocol
from autolab_core.vocab.experiment import Arm, Phase, SanityCheck
from autolab_core.vocab.paths import relative_problem

__all__ = ["INFO", "placeholders", "protocol_data", "read_protocol"]

INFO: Final = "yaml protocol"
_COMMANDS: Final = (Phase.BASELINE, Phase.MVE, Phase.TREATMENT)
_CSV: Final = "csv"
_CONFIG: Final = "config"
_KEYS: Final = (Phase.SANITY, *_COMMANDS, _CSV, _CONFIG)
# Words that mean something to a shell only.
_SHELL: Final = frozenset({"|", "||", "&&", ";", "&", ">", ">>", "<", "2>", "2>&1"})


def read_protocol(block: YamlBlock, settings: Collection[str], found: Findings) -> Protocol:
    """The protocol in *block*, whose placeholders may name *settings*; what is wrong goes to *found*."""
    reader = _Reader(block, settings, found)
    for key in block.data:
        if key not in _KEYS:
            found.problem(block.line(f"/{key}"), f"the protocol has no key {key!r}; it has {', '.join(_KEYS)}")
        else:
            found.place(f"protocol/{key}", block.line(f"/{key}"))
    sanity = reader.mapping(Phase.SANITY, SanityCheck)
    for check in SanityCheck:
        if check not in sanity:
            found.problem(block.line(f"/{Phase.SANITY}"), f"the protocol has no {Phase.SANITY} command {check}")
    csv = block.data.get(_CSV)
    return Protocol(
        {check: command for check, command in sanity.items() if reader.command(f"/{Phase.SANITY}/{check}", command)},
        baseline=reader.commands(Phase.BASELINE),
        mve=reader.commands(Phase.MVE),
        treatment=reader.commands(Phase.TREATMENT),
        csv=csv if csv is not None and reader.path(f"/{_CSV}", csv) else None,
        config={
            arm: path for arm, path in reader.mapping(_CONFIG, Arm).items() if reader.path(f"/{_CONFIG}/{arm}", path)
        },
    )


def protocol_data(protocol: Protocol) -> dict[str, Any]:
    """*protocol* as the mapping that reads back the same, in one order."""
    commands = {phase: list(getattr(protocol, phase)) for phase in _COMMANDS}
    data: dict[str, Any] = {
        Phase.SANITY.value: {check.value: protocol.sanity[check] for check in SanityCheck if check in protocol.sanity},
        **{phase.value: lines[0] if len(lines) == 1 else lines for phase, lines in commands.items()},
        _CSV: protocol.csv,
        _CONFIG: {arm.value: protocol.config[arm] for arm in Arm if arm in protocol.config},
    }
    return {key: value for key, value in data.items() if value}


def placeholders(text: str) -> Iterator[str]:
    """The names within single braces in *text*. Braces around anything that is no name stand for themselves."""
    for part in text.split("{")[1:]:
        name, closing, _ = part.partition("}")
        if closing and name_problem(name) is None:
            yield name


class _Reader:
    def __init__(self, block: YamlBlock, settings: Collection[str], found: Findings) -> None:
        self.block = block
        self.settings = settings
        self.found = found

    def mapping(self, key: str, members: type[SanityCheck | Arm]) -> dict[Any, Any]:
        """The mapping *key*, whose keys have to be *members*; empty where there is none."""
        value = self.block.data.get(key)
        if value is None:
            return {}
        line = self.block.line(f"/{key}")
        known = [each.value for each in members]
        if not isinstance(value, dict):
            self.found.problem(line, f"{key} should be a mapping with {', '.join(known)}")
            return {}
        for name in value:
            if name not in known:
                words = f"{key} has no key {name!r}; it has {', '.join(known)}"
                self.found.problem(self.block.line(f"/{key}/{name}"), words)
        return {member: value[member.value] for member in members if member.value in value}

    def commands(self, key: str) -> tuple[str, ...]:
        """The commands of a phase: one, or a list."""
        value = self.block.data.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            return (value,) if self.command(f"/{key}", value) else ()
        if not value:
            self.found.problem(self.block.line(f"/{key}"), f"{key} is an empty list; leave it out, or name a command")
        return tuple(each for at, each in enumerate(value) if self.command(f"/{key}/{at}", each))

    def command(self, pointer: str, text: Any) -> bool:
        """True when *text* is a command; a problem otherwise."""
        line = self.found.lines[f"protocol{pointer}"] = self.block.line(pointer)
        with self.found.reading(line):
            if not isinstance(text, str) or not text.strip():
                raise Unclear(f"{pointer[1:]} should be a command in one line, not {text!r}"[:200])
            if "\n" in text.strip():
                raise Unclear(f"{pointer[1:]} holds several lines; write a list with a command in each item")
            try:
                words = shlex.split(text)
            except ValueError as error:
                raise Unclear(f"the command {text[:60]!r} cannot be split into words: {str(error).lower()}") from error
            if not words:
                raise Unclear(f"the command {text[:60]!r} has no words")
            if shell := [word for word in words if word in _SHELL]:
                words_ = f"{shell[0]!r} is handed to the command as it is: there is no shell; use a script for that"
                self.found.note(line, words_)
            elif "=" in words[0] and name_problem(words[0].partition("=")[0]) is None:
                self.found.note(line, f"there is no shell that would set {words[0]!r}; begin the command with env")
            self._known(text, seed=not pointer.startswith(f"/{Phase.SANITY}/"))
            return True
        return False

    def path(self, pointer: str, text: Any) -> bool:
        """True when *text* is the path of a file in the repository; a problem otherwise."""
        with self.found.reading(self.block.line(pointer)):
            if not isinstance(text, str):
                raise Unclear(f"{pointer[1:]} should be the path of a file, not {text!r}"[:200])
            if problem := relative_problem(text):
                raise Unclear(f"{pointer[1:]} {text[:60]!r} is refused: {problem}")
            self._known(text, seed=True)
            return True
        return False

    def _known(self, text: str, *, seed: bool) -> None:
        for name in placeholders(text):
            if name == SEED and not seed:
                raise Unclear(f"{{{SEED}}} has no value in the sanity phase; write a number")
            if name != SEED and name not in self.settings:
                known = ", ".join([SEED, *self.settings])
                raise Unclear(f"{{{name}}} stands for no setting of this spec; it has {known}")
