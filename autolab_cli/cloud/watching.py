"""Looking only: ``cloud-run status``, ``logs`` and ``ls``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from autolab_cli.cloud.telling import document_of, lines_of
from autolab_cli.printing import print_json
from autolab_core.io.root import locate_root

if TYPE_CHECKING:
    from autolab_core.cloud.looking import Looked

__all__ = ["code_of", "logs", "ls", "status"]

_UNDECIDED: Final = 2


def status(options: argparse.Namespace) -> int:
    """Where a run stands: 1 when it is over and did not end well, 2 when nobody can say."""
    from autolab_cli.cloud.remembered import remembered

    root = locate_root(options.root)
    document = remembered(root, options.run_id)
    if document is not None:
        code = 0 if document["exit_code"] == 0 else 1
    else:
        from autolab_core.cloud.looking import look
        from autolab_core.cloud.places import Places

        # Not through `operations`, which imports what sending and pulling need.
        places = Places(Path(root))
        looked = look(places.root, options.run_id, places.engine, places.storage)
        document, code = document_of(looked), code_of(looked)
    if options.json:
        print_json(document)
    else:
        print("\n".join(lines_of(document)))
    return code


def code_of(looked: Looked) -> int:
    """The exit code of a command that was to say how a run is."""
    from autolab_core.vocab.cloud import CloudPhase

    if looked.standing.phase is CloudPhase.UNKNOWN:
        return _UNDECIDED
    return 1 if looked.standing.bad else 0


def ls(options: argparse.Namespace) -> int:
    """Every run that this repository knows, the newest first."""
    from autolab_core.cloud import operations

    documents = [document_of(looked) for looked in operations.ls(Path(locate_root(options.root)))]
    if options.json:
        print_json({"runs": documents})
        return 0
    if not documents:
        print("no runs yet; `cloud-run run` sends one")
    width = max((len(each["run_id"]) for each in documents), default=0)
    for each in documents:
        print(f"{each['run_id']:{width}}  {_short(each):14}  {each['engine']:10}  {each['spec']}")
    return 0


def _short(document: dict[str, Any]) -> str:
    code = "" if document["exit_code"] is None else f" {document['exit_code']}"
    return f"{document['phase']}{code}"


def logs(options: argparse.Namespace) -> int:
    """What a run wrote, each stream to our own."""
    from autolab_core.cloud import operations

    found = operations.logs(Path(locate_root(options.root)), options.run_id, follow=options.follow)
    if options.json:
        pieces = [{"error": error, "text": data.decode("utf-8", "backslashreplace")} for data, error in found]
        print_json({"log": pieces})
        return 0
    sys.stdout.flush()
    for data, error in found:
        stream = sys.stderr if error else sys.stdout
        stream.buffer.write(data)
        stream.flush()
    return 0
