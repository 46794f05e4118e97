"""The files a run leaves behind: one JSON record for each arm and seed, written whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def record_path(run_dir: Path, arm: str, seed: int) -> Path:
    """Where the record of *arm* and *seed* lives inside a run's folder."""
    return run_dir / "outputs" / f"{arm}_seed{seed}.json"


def write_json(path: Path, tree: dict[str, Any]) -> None:
    """Put *tree* at *path* by replacing the file; a reader sees the old content or the new, nothing between."""
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as stream:
            json.dump(tree, stream, indent=2, allow_nan=False)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
