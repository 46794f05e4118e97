"""Runs on a machine behind ssh: which one, what is sent there, and how its results come home."""
