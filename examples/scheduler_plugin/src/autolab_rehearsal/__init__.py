"""Batch scripts as processes of this machine."""
