"""Holding a command to its plan: namespaces, Landlock, capabilities, the probe and the supervisor.

Nothing here is for verifiers. Each level is entered in a child, and counts only after a probe inside it was refused.
"""
