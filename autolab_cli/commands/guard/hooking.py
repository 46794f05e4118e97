"""``autolab guard hook``: one tool call on standard input, judged.

A plain ``autolab guard hook`` comes here past argparse: a harness starts it before every call.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING

from autolab_core.guard.hook.harness import denial, judge_call, read_call
from autolab_core.guard.hook.protection import agent_policy, reach_of
from autolab_core.guard.hook.verdict import Denied
from autolab_core.io.root import locate_root
from autolab_core.vocab.errors import AutolabError

if TYPE_CHECKING:
    import argparse

__all__ = ["answer", "config", "hook", "program_path"]

_DENIED = 2
_MOST_BYTES = 8_000_000
# Claude Code waits a minute at most, less where its settings say so, and lets the call pass afterwards.
_SECONDS = 10.0


def hook(options: argparse.Namespace) -> int:
    """The same by way of argparse, which knows its help."""
    return answer(["--root", options.root] if options.root else [])


def answer(words: Sequence[str]) -> int:
    """Read the call, and say no to it where it must be: 2 denies, 0 leaves it to the harness's own permissions.

    *words* are what stands behind ``autolab guard hook``. What this raises has to be taken for a denial.
    """
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.setitimer(signal.ITIMER_REAL, _SECONDS)
    try:
        root = locate_root(_root(words))
        call = read_call(_standard_input())
        why = judge_call(call, reach_of(root, agent_policy(root)), os.environ)
    except (Denied, AutolabError) as error:
        why = str(error) if isinstance(error, Denied) else f"cannot be judged: {error}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return 0 if why is None else _deny(why)


def _root(words: Sequence[str]) -> str | None:
    """What ``--root`` says; else where the harness says that the project is."""
    if not words:
        return os.environ.get("CLAUDE_PROJECT_DIR") or None
    if len(words) == 2 and words[0] == "--root":
        return words[1]
    if len(words) == 1 and words[0].startswith("--root="):
        return words[0].removeprefix("--root=")
    raise Denied("cannot be judged: `autolab guard hook` takes --root FOLDER and nothing else")


def _standard_input() -> bytes:
    """All of it, from the descriptor: a text layer would only have to be imported."""
    found = bytearray()
    while chunk := os.read(0, 1 << 16):
        found += chunk
        if len(found) > _MOST_BYTES:
            raise Denied(f"is described by more than {_MOST_BYTES} bytes, and nobody reads that much of a call")
    return bytes(found)


def _out_of_time(number: int, frame: FrameType | None) -> None:
    raise Denied(f"could not be read and judged within {_SECONDS:g} seconds")


def _deny(why: str) -> int:
    """Say *why*, as far as somebody listens; the exit code says no in any case."""
    for stream, text in zip((1, 2), denial(why), strict=True):
        try:
            os.write(stream, text.encode(errors="backslashreplace"))
        except OSError:
            continue
    return _DENIED


def config(options: argparse.Namespace) -> int:
    """Print what tells a harness of the policy."""
    from autolab_core.guard.hook.config import claude_settings, codex_config, hook_script, shell_wrapper

    root = locate_root(options.root)
    policy, program = agent_policy(root), program_path()
    if options.harness == "claude":
        text = claude_settings(policy, root, program)
    elif options.harness == "codex":
        text = codex_config(policy, root, program)
    elif options.harness == "hook":
        text = hook_script(root, program)
    else:
        text = shell_wrapper(root, program)
    sys.stdout.write(text)
    return 0


def program_path() -> str:
    """The path of this command: a harness that finds none under a name lets every call pass."""
    beside = os.path.join(os.path.dirname(sys.executable), "autolab")
    called = os.path.abspath(sys.argv[0])
    return called if os.path.basename(called) == "autolab" and os.path.isfile(called) else beside
