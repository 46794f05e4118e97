"""Verifiers: they read a repository and say, rule by rule, whether it is what it claims to be. They never launch."""
