"""The answer *no* of a generated validator."""

from __future__ import annotations

__all__ = ["Invalid"]


class Invalid(Exception):
    """The data is not what the schema says. It carries no words: ``jsonschema`` is asked for those."""
