"""The spec of an experiment, ``experiments/exp-NNN-name.md``: read, judged, printed. ``docs/spec.md`` is its grammar.

Importing this costs a Markdown parser; nothing that starts often does.
"""

from __future__ import annotations

from autolab_core.io.spec.findings import Problem
from autolab_core.io.spec.read import MAX_SPEC_BYTES, SpecDocument, load_spec, read_spec
from autolab_core.io.spec.source import spec_source
from autolab_core.io.spec.write import print_spec

__all__ = ["MAX_SPEC_BYTES", "Problem", "SpecDocument", "load_spec", "print_spec", "read_spec", "spec_source"]
