"""Looking only: ``cloud-run status``, ``logs`` and ``ls``."""

from __future__ import annotations

import sys
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from autolab_cli.cloud.telling import document_of, lines_of
from autolab_cli.printing import print_json, print_rows
from autolab_core.io.root import locate_root

if TYPE_CHECKING:
    import argparse

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
        from autolab_core.cloud.observers import Observers

        # Not through `operations`, which imports what sending and pulling need.
        observers = Observers(root)
        looked = look(root, options.run_id, observers.engine, observers.storage)
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
    """Every run that this repository knows, the newest first; 2 when the record of one cannot be read."""
    from pathlib import Path

    from autolab_cli.cloud.progress import say
    from autolab_core.cloud import operations

    faults: list[str] = []
    found = operations.ls(Path(locate_root(options.root)), broken=lambda error: faults.append(str(error)))
    documents = [document_of(looked) for looked in found]
    for fault in faults:
        say(f"not read: {fault}")
    code = _UNDECIDED if faults else 0
    if options.json:
        print_json({"runs": documents, "not_read": faults})
        return code
    if not documents and not faults:
        print("no runs yet; `cloud-run run` sends one")
    width = max((len(each["run_id"]) for each in documents), default=0)
    for each in documents:
        print(f"{each['run_id']:{width}}  {_short(each):14}  {each['engine']:10}  {each['spec']}")
    return code


def _short(document: dict[str, Any]) -> str:
    code = "" if document["exit_code"] is None else f" {document['exit_code']}"
    return f"{document['phase']}{code}"


def _rows(found: Iterable[tuple[bytes, bool]]) -> Iterator[dict[str, Any]]:
    """The pieces of a log as ``--json`` has them. A character may begin in one piece and end in the next."""
    decoders = {error: getincrementaldecoder("utf-8")("backslashreplace") for error in (False, True)}
    for data, error in found:
        yield {"error": error, "text": decoders[error].decode(data)}
    for error, decoder in decoders.items():
        if text := decoder.decode(b"", final=True):
            yield {"error": error, "text": text}


def logs(options: argparse.Namespace) -> int:
    """What a run wrote, each stream to our own."""
    from pathlib import Path

    from autolab_cli.cloud.progress import say
    from autolab_core.cloud import operations

    found = operations.logs(Path(locate_root(options.root)), options.run_id, follow=options.follow)
    if options.json:
        print_rows("log", _rows(found))
        return 0
    sys.stdout.flush()
    silent = True
    for data, error in found:
        silent = False
        stream = sys.stderr if error else sys.stdout
        stream.buffer.write(data)
        stream.flush()
    if silent:
        say("it wrote nothing until now; `cloud-run status` says where it stands")
    return 0
