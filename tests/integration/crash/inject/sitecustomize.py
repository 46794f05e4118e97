"""On PYTHONPATH of a launcher: makes the supervisor it starts count its effects, and die at one of them."""

import os
import sys

if "autolab_core.schedulers.local.supervisor" in sys.orig_argv and "CRASH_SUPERVISOR" in os.environ:
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    import effects

    sys.path.pop(0)
    _labels, _at = os.environ["CRASH_SUPERVISOR"].split("|")
    effects.count(os.open(_labels, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), int(_at) or None)
