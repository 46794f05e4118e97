"""Another distribution may own the import name ``autolab_core``; then it is said plainly."""

import os
import subprocess
import sys

import pytest

from tests.architecture.house import ROOT


@pytest.mark.parametrize("asked_for", ["autolab_verifiers; autolab_verifiers.verify", "autolab_verifiers.cli.main"])
def test_a_foreign_autolab_core_is_named_when_ours_is_asked_for(tmp_path, asked_for):
    (tmp_path / "autolab_core").mkdir()
    (tmp_path / "autolab_core" / "__init__.py").write_text("'''Somebody else's.'''")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])

    asked = subprocess.run(
        (sys.executable, "-c", f"import {asked_for}"),
        env={**os.environ, "PYTHONPATH": path},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert asked.returncode == 1
    assert "another distribution owns the name" in asked.stderr.splitlines()[-1]
