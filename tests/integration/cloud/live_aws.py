"""``python -m tests.integration.cloud.live_aws``: one run on a real account of AWS (docs/cloud.md).

Asked for by name, with the settings of a row in a variable; pytest does not collect it. It is a program because tests
take everything of an account out of their environment.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from autolab_cli.cloud.main import main as cloud_run
from autolab_core.io.layout import POLICY
from tests.unit.cloud import samples

SETTINGS = "AUTOLAB_LIVE_AWS"


def main() -> int:
    if SETTINGS not in os.environ:
        print(f"{SETTINGS} has to hold the settings of an aws-batch row, as JSON", file=sys.stderr)
        return 2
    row = {"name": "live", "kind": "aws-batch", "settings": json.loads(os.environ[SETTINGS])}
    with tempfile.TemporaryDirectory(prefix="autolab-live-") as folder:
        root = samples.proven(samples.repository(Path(folder) / "repo"))
        (root / POLICY).write_text(json.dumps({"compute": {"backends": [row]}}))
        at = ("--root", str(root))
        os.chdir(root)
        asked = ("--spec", samples.SPEC, "--output-dir", samples.RESULTS, "--data-dirs", "data/")
        limits = ("--max-hours", "0.25", "--cpus", "1", "--memory", "2G")
        line = f"python {samples.SCRIPT} --full"
        for words in (("check", "--spec", samples.SPEC), ("run", line, *asked, *limits), ("status",), ("gc",)):
            code = cloud_run([*words, *at])
            if code != 0:
                print(f"cloud-run {words[0]} ended with {code}", file=sys.stderr)
                return 1
        size = (root / samples.RESULTS / "large.bin").stat().st_size
    print("a run went there and came home")
    return 0 if size == 256 * 8192 else 1


if __name__ == "__main__":
    sys.exit(main())
