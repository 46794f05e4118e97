"""``python -m autolab_cli.cloud``: the same as ``cloud-run``."""

import sys

from autolab_cli.cloud.main import main

if __name__ == "__main__":
    sys.exit(main())
