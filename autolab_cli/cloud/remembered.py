"""What a run's record says by itself once its results are here: nobody has to be asked, and little is imported."""

from __future__ import annotations

from typing import Any

from autolab_cli.cloud.telling import KNOWN
from autolab_core.io.experiment_layout import CLOUD_RECORDS, cloud_record
from autolab_core.io.tree import Tree
from autolab_core.vocab.cloud import CloudPhase
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.ids import id_problem

__all__ = ["remembered"]


def remembered(root: str, run_id: str | None) -> dict[str, Any] | None:
    """The document of ``telling`` for the run *run_id* (None: the newest); None where the record alone does not say."""
    tree = Tree(root)
    if run_id is None and tree.is_folder(CLOUD_RECORDS):
        names = [name.removesuffix(".json") for name in tree.names(CLOUD_RECORDS) if name.endswith(".json")]
        run_id = max((name for name in names if id_problem(name) is None), default=None)
    if run_id is None or id_problem(run_id) is not None or not tree.exists(cloud_record(run_id)):
        return None
    try:
        record = tree.document(cloud_record(run_id)).data
    except DocumentError:
        return None
    ended = record.get("ended") if isinstance(record, dict) else None
    if not isinstance(ended, dict) or not record.get("pulled_at") or not ended.keys() >= {"exit_code", "message"}:
        return None
    stands = {
        "run_id": run_id,
        "phase": CloudPhase.ENDED.value,
        "line": ended["message"],
        "exit_code": ended["exit_code"],
        "hints": [],
        "last_lines": ended.get("last_lines") or [],
    }
    return stands | {key: record.get(key) for key in KNOWN}
