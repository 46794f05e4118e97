"""Frozen attrs classes for every document. No I/O, no defaults that hide a missing answer.

Each class that mirrors a document (or a mapping inside one) ends in ``extra``: the keys that the file held and
this version does not know. They travel along and are written back (``autolab_core.io.codec``).
Lists in files are tuples here; free-form values (``args``, ``changes``) stay plain JSON values.
"""
