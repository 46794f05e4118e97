"""Showing that every rule can fail: a valid repository, a broken copy of it for each rule, and the proof."""
