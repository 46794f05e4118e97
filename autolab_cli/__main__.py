"""``python -m autolab_cli`` is ``autolab``."""

import sys

from autolab_cli.main import main

sys.exit(main())
