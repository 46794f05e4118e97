"""Experiments that carry out a spec: `autolab experiment …`, a module for a few verbs each."""
