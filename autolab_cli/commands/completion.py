"""``autolab completion``."""

from __future__ import annotations

import argparse

from autolab_cli.completion import commands
from autolab_cli.printing import print_json
from autolab_cli.shells import SHELLS

__all__ = ["completion"]


def completion(options: argparse.Namespace) -> int:
    """Print the script that makes a shell complete the commands."""
    script = SHELLS[options.shell](commands())
    if options.json:
        print_json({"shell": options.shell, "script": script})
    else:
        print(script, end="")
    return 0
