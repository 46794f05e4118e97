"""What all schedulers' scripts share: who they are, that they start once, how they tell their end. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from autolab_core.exec.quoting import quote
from autolab_core.models.checks import is_id, is_relative_path

__all__ = ["ACTIVATED", "IDENTITY", "MARKERS", "PLACES", "ScriptIdentity"]


@attrs.frozen
class ScriptIdentity:
    """Which run a script is of, and what stands in it whatever runs it.

    Paths are relative to the repository; ``activation`` is inserted verbatim. ``variables`` says which variable of the
    script stands for which placeholder of its command. Raises ValueError for an id or a path that could break out of
    its line.
    """

    iteration_id: str = attrs.field(validator=is_id)
    iteration_folder: str = attrs.field(validator=is_relative_path)
    run_id: str = attrs.field(validator=is_id)
    run_folder: str = attrs.field(validator=is_relative_path)
    token: str = attrs.field(validator=attrs.validators.matches_re(r"[A-Za-z0-9._+-]+"))
    activation: str
    variables: Mapping[str, str] = attrs.field(factory=dict, kw_only=True)

    def words(self) -> dict[str, str]:
        """What the pieces below are formatted with, quoted for the shell."""
        return {
            "iteration_id": quote(self.iteration_id),
            "iteration_folder": quote(self.iteration_folder),
            "run_id": quote(self.run_id),
            "run_folder": quote(self.run_folder),
            "token": quote(self.token),
            "activation": self.activation.rstrip("\n"),
            "before_end": "",
        }


# Where the script's own files go, once it is known which run it is.
PLACES: Final = """\
autolab_token={token}
autolab_logs="$AUTOLAB_RUN_DIR/logs"
mkdir -p -- "$autolab_logs"
autolab_now() {{ date -u +%Y-%m-%dT%H:%M:%SZ; }}
"""

# The current folder is the repository by then.
IDENTITY: Final = (
    """\
export AUTOLAB_ITERATION_ID={iteration_id}
export AUTOLAB_ITERATION_PATH={iteration_folder}
export AUTOLAB_RUN_ID={run_id}
export AUTOLAB_RUN_DIR="$PWD"/{run_folder}
"""
    + PLACES
)

# The start marker is made with noclobber (O_EXCL), so a second start of the same run does nothing at all.
# ``before_end``: what is still to be done when the run is over, however it ended.
# The exit marker is written beside its place and moved there: whole or not at all, also where the activation took
# back `set -e`; and a signal that comes while it is written comes too late.
# An activation that ends the script (``exit``, an open here-document) must not look like a command that succeeded.
MARKERS: Final = """\
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
{before_end}  if printf '{{"token": "%s", "exit_code": %d, "finished_at": "%s"}}\\n' \\
    "$autolab_token" "$code" "$(autolab_now)" >"$autolab_logs/.exit.json.tmp"; then
    sync -- "$autolab_logs/.exit.json.tmp" 2>/dev/null || :
    mv -f -- "$autolab_logs/.exit.json.tmp" "$autolab_logs/exit.json"
  fi
  exit "$code"
}}
trap autolab_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
"""

ACTIVATED: Final = """\
set +u
# --- activation, verbatim from docs/environment.md
{activation}
# --- end of activation
set -u
autolab_activated=yes
"""
