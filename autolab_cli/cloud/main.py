"""``cloud-run``: parse, call, print."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from types import SimpleNamespace

__all__ = ["main", "plain_status"]

_OBJECTS = 50_000


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; see ``docs/exit-codes.md``."""
    kept = gc.get_threshold()
    # `status` makes few objects and no garbage worth looking for; the default would look two dozen times.
    gc.set_threshold(_OBJECTS, *kept[1:])
    try:
        return _run(argv)
    finally:
        gc.set_threshold(*kept)
        if argv is None:
            gc.freeze()  # the process ends now: what it leaves behind need not be searched once more


def _run(argv: Sequence[str] | None) -> int:
    # Not before: what is made while they are imported would be looked through.
    from autolab_cli.calling import call, obey

    words = sys.argv[1:] if argv is None else list(argv)
    plain = plain_status(words)
    if plain is not None:
        return call("cloud-run", "autolab_cli.cloud", plain)
    from autolab_cli.cloud.parser import build_parser

    return obey("cloud-run", "autolab_cli.cloud", build_parser(words), words)


def plain_status(words: Sequence[str]) -> SimpleNamespace | None:
    """What the parser would make of ``status``, ``status RUN`` and either with ``--json``; None for all else.

    People and programs ask again and again how a run is, and argparse takes a tenth of that.
    """
    named = [word for word in words[1:] if word != "--json"]
    if words[:1] != ["status"] or len(named) > 1 or any(word.startswith("-") for word in named):
        return None
    return SimpleNamespace(
        command="watching:status",
        name="status",
        run_id=named[0] if named else None,
        root=None,
        json="--json" in words,
        version=False,
    )


if __name__ == "__main__":
    sys.exit(main())
