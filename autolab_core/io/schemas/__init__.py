"""One door for the question "is this data what the schema says?": ``SchemaStore.problems``.

Behind it stand two engines: validators that were generated from the shipped schemas answer yes or no, and
``jsonschema`` writes the words for a no and judges by a repository's own schema. A property test holds them equal.
Importing this package, and a yes, cost neither ``jsonschema`` nor anything else that is slow to import.
"""

from __future__ import annotations

from autolab_core.io.schemas.names import SCHEMA_NAMES, schema_folder, shipped
from autolab_core.io.schemas.problem import SchemaProblem
from autolab_core.io.schemas.store import SchemaStore

__all__ = ["SCHEMA_NAMES", "SchemaProblem", "SchemaStore", "schema_folder", "shipped"]
