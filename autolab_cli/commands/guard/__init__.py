"""The read-only guard: `autolab guard …`, a module for each pair of commands."""
