"""JSON and YAML files read strictly, as plain data that knows its lines, and written so that they read back the same.

Every fault is a ``DocumentError`` that names the file as the user knows it, and the line where there is one.
Importing this package costs the standard library's ``json`` and nothing more: whatever only a fault, a question
for a place or a YAML file needs is imported when that happens. TOML is for one rare table, and ``toml_reader`` is
imported by who wants it.
"""

from __future__ import annotations

from autolab_core.io.documents.document import MAX_BYTES, MAX_DEPTH, Document, Place
from autolab_core.io.documents.json_reader import parse_json, read_json
from autolab_core.io.documents.source import read_source
from autolab_core.io.documents.write import dump_json
from autolab_core.io.documents.yaml_edit import edit_yaml
from autolab_core.io.documents.yaml_reader import MAX_YAML_BYTES, parse_yaml, read_yaml

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_YAML_BYTES",
    "Document",
    "Place",
    "dump_json",
    "edit_yaml",
    "parse_json",
    "parse_yaml",
    "read_json",
    "read_source",
    "read_yaml",
]
