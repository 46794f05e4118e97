"""The schemas that are shipped: their names, and where their files lie."""

from __future__ import annotations

import os
from typing import Final

from autolab_core.io.documents.source import read_source
from autolab_core.vocab.errors import DocumentError, UsageError

__all__ = ["SCHEMA_NAMES", "file_name", "schema_folder", "shipped"]

SCHEMA_NAMES: Final = (
    "backlog",
    "decision_result",
    "design",
    "evidence",
    "experiment_config",
    "experiment_metrics",
    "handover",
    "line_limits",
    "remote_profiles",
    "review_result",
    "run_manifest",
    "run_metrics",
    "stage_context",
    "state",
    "todo_focus",
    "verification_result",
    "verifier_policy",
)


def file_name(name: str) -> str:
    """The file of the schema *name*, here and in a repository. Raises ``UsageError`` for a name that is not shipped."""
    if name not in SCHEMA_NAMES:
        raise UsageError(f"no schema is called {name!r}; there are {', '.join(SCHEMA_NAMES)}")
    return f"{name}.schema.json"


def schema_folder() -> str:
    """The folder that holds the shipped schemas: inside the installed package, or ``schemas/`` of a checkout.

    Raises ``DocumentError`` when neither is there: the installation is broken.
    """
    package = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    root = os.path.dirname(package)
    installed = os.path.join(package, "schemas")
    if os.path.isfile(os.path.join(installed, file_name(SCHEMA_NAMES[0]))):
        return installed
    source = os.path.join(root, "schemas")
    if os.path.isfile(os.path.join(root, "pyproject.toml")) and os.path.isdir(source):
        return source
    raise DocumentError(installed, "the shipped schemas are not there", hint="install autolab-verify again")


def shipped(name: str) -> bytes:
    """The file of the shipped schema *name*, byte for byte. Raises ``UsageError`` for an unknown name."""
    file = file_name(name)
    return read_source(os.path.join(schema_folder(), file))
