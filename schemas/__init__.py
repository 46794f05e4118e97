"""The JSON Schemas of every file that Autolab reads or writes. Installed as ``autolab_core.schemas``; data, no code."""
