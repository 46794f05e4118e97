"""``run_local.sh``: pure rendering. The script tells its own story, so that nobody else has to stay alive for it."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from autolab_core.exec.quoting import quote_all
from autolab_core.schedulers.script import ACTIVATED, IDENTITY, MARKERS, ScriptIdentity

__all__ = ["LocalScript", "render"]


@attrs.frozen
class LocalScript(ScriptIdentity):
    """What goes into the script, and the command that it runs."""

    command: Sequence[str] = attrs.field(kw_only=True)


def render(content: LocalScript) -> bytes:
    """The script's bytes.

    It starts at most once (its start marker is created, never replaced), writes its output and markers below
    ``runs/<run_id>/logs/``, and its exit marker says how the command ended, whoever is still there to see it.
    """
    return _TEMPLATE.format(command=quote_all(content.command, content.variables), **content.words()).encode()


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
