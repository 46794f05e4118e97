"""``cloud-run`` as a user types it, in this process, with the engine of the tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from autolab_cli.cloud.main import main
from autolab_core.cloud.engines.table import ENGINES
from tests.unit.cloud import samples, stand_in
from tests.unit.cloud.labs import Lab

__all__ = ["LINE", "Answer", "Command", "commands_in"]

LINE = f"python {samples.SCRIPT} --full"


@attrs.frozen
class Answer:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@attrs.frozen
class Command:
    """``cloud-run`` in the repository of *lab*."""

    lab: Lab
    ask: Callable[..., Answer]

    def __call__(self, *words: str) -> Answer:
        return self.ask(*words, cwd=self.lab.root)

    def run(self, *words: str, line: str = LINE) -> Answer:
        """``run`` with the least that it needs."""
        told = ("--spec", samples.SPEC, "--output-dir", f"{samples.RESULTS}/", "--every", "0.1")
        return self("run", line, *told, *words)

    def sent(self, *words: str, line: str = LINE) -> str:
        """The id of a run that was sent and not waited for."""
        answer = self.run("--detach", *words, line=line)
        assert answer.code == 0, answer
        return answer.out.strip()


def commands_in(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Command]:
    """What makes a ``Command`` of a lab; *limits* are of the policy's row."""
    monkeypatch.setitem(ENGINES, stand_in.KIND, stand_in.make)  # type: ignore[arg-type]

    def ask(*words: str, cwd: Path) -> Answer:
        monkeypatch.chdir(cwd)
        capfd.readouterr()
        try:
            code = main(words)
        except SystemExit as ended:
            code = int(str(ended.code))
        return Answer(code, *capfd.readouterr())

    def made(lab: Lab, **limits: Any) -> Command:
        stand_in.row(lab.root, lab.root.parent, **limits)
        return Command(lab, ask)

    return made
