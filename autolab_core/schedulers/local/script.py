"""``run_local.sh``: pure rendering. The script tells its own story, so that nobody else has to stay alive for it."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from autolab_core.exec.quoting import quote, quote_all
from autolab_core.models.checks import is_id, is_relative_path

__all__ = ["LocalScript", "render"]


@attrs.frozen
class LocalScript:
    """What goes into the script. Paths are relative to the repository; ``activation`` is inserted verbatim.

    Raises ValueError for an id or a path that could break out of its line.
    """

    iteration_id: str = attrs.field(validator=is_id)
    iteration_folder: str = attrs.field(validator=is_relative_path)
    run_id: str = attrs.field(validator=is_id)
    run_folder: str = attrs.field(validator=is_relative_path)
    token: str = attrs.field(validator=attrs.validators.matches_re(r"[A-Za-z0-9._+-]+"))
    command: Sequence[str]
    activation: str


def render(content: LocalScript) -> bytes:
    """The script's bytes.

    It starts at most once (its start marker is created, never replaced), writes its output and markers below
    ``runs/<run_id>/logs/``, and its exit marker says how the command ended, whoever is still there to see it.
    """
    return _TEMPLATE.format(
        iteration_id=quote(content.iteration_id),
        iteration_folder=quote(content.iteration_folder),
        run_id=quote(content.run_id),
        run_folder=quote(content.run_folder),
        token=quote(content.token),
        command=quote_all(content.command),
        activation=content.activation.rstrip("\n"),
    ).encode()


# The start marker is made with noclobber (O_EXCL), so a second start of the same run does nothing at all.
# The exit marker is written beside its place and moved there: whole or not at all, also where the activation took
# back `set -e`; and a signal that comes while it is written comes too late.
# An activation that ends the script (``exit``, an open here-document) must not look like a command that succeeded.
_TEMPLATE = """\
#!/usr/bin/env bash
# Made by `autolab launch` for run {run_id}. It starts once; `autolab launch` makes a new run.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${{BASH_SOURCE[0]}}")"
until [ -d .autolab ]; do
  [ "$PWD" != / ] || {{ echo "not below an Autolab repository" >&2; exit 2; }}
  cd ..
done
export AUTOLAB_ITERATION_ID={iteration_id}
export AUTOLAB_ITERATION_PATH={iteration_folder}
export AUTOLAB_RUN_ID={run_id}
export AUTOLAB_RUN_DIR="$PWD"/{run_folder}
autolab_token={token}
autolab_logs="$AUTOLAB_RUN_DIR/logs"
mkdir -p -- "$autolab_logs"
autolab_now() {{ date -u +%Y-%m-%dT%H:%M:%SZ; }}
if ! (set -o noclobber && printf '{{"token": "%s", "pid": %d, "host": "%s", "started_at": "%s"}}\\n' \\
    "$autolab_token" "$$" "$(uname -n)" "$(autolab_now)" >"$autolab_logs/start.json") 2>/dev/null; then
  if [ -e "$autolab_logs/start.json" ]; then
    echo "this run was started before (see $autolab_logs/start.json); nothing was done" >&2
    exit 75
  fi
  echo "$autolab_logs/start.json cannot be written; nothing was done" >&2
  exit 73
fi
autolab_end() {{
  local code=$?
  trap - EXIT
  trap '' INT TERM
  if [ "$code" -eq 0 ] && [ -z "${{autolab_activated-}}" ]; then
    echo "the activation block ended the script before its command" >&2
    code=70
  fi
  if printf '{{"token": "%s", "exit_code": %d, "finished_at": "%s"}}\\n' \\
    "$autolab_token" "$code" "$(autolab_now)" >"$autolab_logs/.exit.json.tmp"; then
    sync -- "$autolab_logs/.exit.json.tmp" 2>/dev/null || :
    mv -f -- "$autolab_logs/.exit.json.tmp" "$autolab_logs/exit.json"
  fi
  exit "$code"
}}
trap autolab_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
exec >>"$autolab_logs/stdout.log" 2>>"$autolab_logs/stderr.log"
set +u
# --- activation, verbatim from docs/environment.md
{activation}
# --- end of activation
set -u
autolab_activated=yes
{command}
"""
