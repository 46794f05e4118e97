"""A folder on the node for what is large, and the way from there into the run's folder at the end of the job. Pure."""

from __future__ import annotations

from typing import Final

from autolab_core.exec.quoting import quote
from autolab_core.io.layout import RunPaths
from autolab_core.vocab.errors import UsageError

__all__ = ["GATHERED", "SCRATCH", "place_of"]

_OUTPUTS: Final = RunPaths("").outputs.lstrip("/")

# Each run has a folder of its own, so no job meets what another one left. 73 and 74 are EX_CANTCREAT and EX_IOERR of
# sysexits.h.
SCRATCH: Final = f"""\
export AUTOLAB_SCRATCH={{scratch}}/"$AUTOLAB_RUN_ID"
mkdir -p -- "$AUTOLAB_SCRATCH" || {{{{ autolab_unmade=yes; exit 73; }}}}
autolab_gather() {{{{
  mkdir -p -- "$AUTOLAB_RUN_DIR/{_OUTPUTS}" && cp -a -- "$AUTOLAB_SCRATCH/." "$AUTOLAB_RUN_DIR/{_OUTPUTS}/" &&
    rm -rf -- "$AUTOLAB_SCRATCH"
}}}}
"""

# Within the exit trap: signals are ignored by then, by ``cp`` too. What could not be gathered is left where it is, and
# the run is no success.
GATHERED: Final = """\
  if [ -z "${autolab_unmade-}" ] && ! autolab_gather; then
    echo "what $AUTOLAB_SCRATCH on $(uname -n) holds could not be gathered into the run's folder" >&2
    [ "$code" -ne 0 ] || code=74
  fi
"""


def place_of(scratch: str) -> str:
    """*scratch*, absolute or ``~/…``, as a word of the script. Raises UsageError for anything else."""
    if scratch.startswith("~/"):
        return f'"$HOME"/{quote(scratch[2:].rstrip("/"))}'
    if not scratch.startswith("/") or not scratch.isprintable():
        raise UsageError(f"the scratch folder {scratch!r} is neither absolute nor ~/…, or not printable")
    return quote(scratch.rstrip("/") or "/")
