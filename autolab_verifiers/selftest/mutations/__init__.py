"""The broken copies, one module for each built-in verifier, each with its ``TABLE``."""
