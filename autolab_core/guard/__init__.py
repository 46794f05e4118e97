"""The read-only guard: what is protected from a command, how that is enforced, and the proof that it held.

``policy``, ``plan``, ``seal`` and ``record`` start no process and verifiers may use them. ``enforce`` and ``hook``
are for those who run commands.
"""
