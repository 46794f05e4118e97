"""Hardened readers of git repositories: plumbing commands only; no hook, filter, fsmonitor or replace ref runs."""
