"""Replicates that are launched as one: their tasks, their common status, their numbers."""
