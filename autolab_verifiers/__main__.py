"""``python -m autolab_verifiers``: the same as ``autolab-verify``."""

from __future__ import annotations

import os
import sys

# With -m Python puts the current folder first on the path, and that may be the repository which is to be verified:
# nothing in there may be imported. When this package itself was found there it is a checkout of ours.
if not sys.flags.safe_path and os.path.dirname(os.path.dirname(__file__)) != sys.path[0]:
    del sys.path[0]

from autolab_verifiers.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
