"""Bytes and models: documents, atomic writes, locks. Import the module you need; this package imports nothing."""
