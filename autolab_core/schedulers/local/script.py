"""``run_local.sh``: pure rendering. The script tells its own story, so that nobody else has to stay alive for it."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from autolab_core.exec.quoting import quote_all
from autolab_core.models.replicates import RUN_VARIABLE
from autolab_core.schedulers.script import ACTIVATED, IDENTITY, MARKERS, ScriptIdentity

__all__ = ["LocalScript", "render"]


@attrs.frozen
class LocalScript(ScriptIdentity):
    """What goes into the script, and the command that it runs. ``guard`` is put before the command; it may be empty."""

    command: Sequence[str] = attrs.field(kw_only=True)
    guard: Sequence[str] = attrs.field(default=(), kw_only=True)


def render(content: LocalScript) -> bytes:
    """The script's bytes.

    It starts at most once (its start marker is created, never replaced), writes its output and markers below
    ``runs/<run_id>/logs/``, and its exit marker says how the command ended, whoever is still there to see it.
    """
    command = quote_all(content.command, content.variables)
    if content.guard:
        command = _GUARDED.format(guard=quote_all(content.guard, RUN_VARIABLE), command=command)
    return _TEMPLATE.format(command=command, **content.words()).encode()


# Bash reads a script as it goes on, and this one lies where its command may write: a command could add lines, which
# would run after it without its guard. What stands in braces is read whole before the first of it runs.
_GUARDED = """\
{{
{guard} {command}
exit
}}"""


_TEMPLATE = (
    """\
#!/usr/bin/env bash
# Made by `autolab launch` for run {run_id}. It starts once; `autolab launch` makes a new run.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${{BASH_SOURCE[0]}}")"
until [ -d .autolab ]; do
  [ "$PWD" != / ] || {{ echo "not below an Autolab repository" >&2; exit 2; }}
  cd ..
done
"""
    + IDENTITY
    + MARKERS
    + """\
exec >>"$autolab_logs/stdout.log" 2>>"$autolab_logs/stderr.log"
"""
    + ACTIVATED
    + """\
{command}
"""
)
