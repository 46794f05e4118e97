"""Bringing a run's code and data to its storage, each written once; the run document last."""
