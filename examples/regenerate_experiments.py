"""Make the example experiments again, by really carrying them out: ``python examples/regenerate_experiments.py``.

One reaches its end (in the golden repository), one meets an abort criterion, one does not reproduce its baseline.
Times, process ids and the machine's name come from the runs and differ each time; the metrics are the same. A folder as
the only argument gets what they leave; the examples themselves then stay as they are.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

from scratch import GOLDEN, environment

PROJECT = Path(__file__).resolve().parents[1]
EXAMPLES = GOLDEN.parent
STOPPED = "stopped_experiments"
# The guard hides /tmp, and a record names the folder: one that says nothing about the machine it was made on.
PLACE = Path("/srv")
# The repository, the experiment, and the exit code that carrying it out has.
EXPERIMENTS = (
    (GOLDEN.name, "exp-001-momentum", 0),
    (STOPPED, "exp-001-high-rate", 1),
    (STOPPED, "exp-002-lost-baseline", 1),
)


def main() -> int:
    """Carry out each in a copy of its repository, and bring home what that left."""
    home = Path(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLES
    with tempfile.TemporaryDirectory(prefix="autolab-experiments-", dir=PLACE) as scratch:
        python = _installed(Path(scratch) / "env")
        for repository in dict.fromkeys(each[0] for each in EXPERIMENTS):
            folder = Path(scratch) / repository
            _copy(EXAMPLES / repository, folder)
            for of, experiment, code in EXPERIMENTS:
                if of == repository:
                    _carry_out(python, folder, experiment, code)
                    _bring_home(folder, home / repository, experiment)
    return 0


def _copy(repository: Path, folder: Path) -> None:
    """*repository* as a git repository at *folder*, without what carrying out its experiments makes."""
    shutil.copytree(repository, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for _, experiment, _ in EXPERIMENTS:
        for path in _made_by(folder, experiment):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (folder / ".autolab").mkdir(exist_ok=True)
    for arguments in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "Before the experiment")):
        subprocess.run(("git", *arguments), cwd=folder, env=environment(), check=True)


def _made_by(folder: Path, experiment: str) -> list[Path]:
    places = (folder / f"results/{experiment}", folder / f".autolab/experiments/{experiment}")
    return [*(place for place in places if place.exists()), *(folder / ".autolab/guard").glob(f"{experiment}-*.json")]


def _installed(place: Path) -> Path:
    """The Python of a new virtual environment with a copy of this tool: a record names where the tool lies, too.

    What the tool depends on is linked; none of it counts as installed there.
    """
    venv.create(place, with_pip=False, symlinks=True)
    (site,) = place.glob("lib/python3*/site-packages")
    for package in ("autolab_core", "autolab_verifiers", "autolab_cli"):
        shutil.copytree(PROJECT / package, site / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(PROJECT / "schemas", site / "autolab_core/schemas", dirs_exist_ok=True)
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "autolab" not in entry.name and not entry.name.endswith(".dist-info") and not (site / entry.name).exists():
            (site / entry.name).symlink_to(entry)
    return place / "bin/python"


def _carry_out(python: Path, folder: Path, experiment: str, code: int) -> None:
    words = ("experiment", "run", f"experiments/{experiment}.md")
    print("$ autolab", *words, flush=True)
    path = os.pathsep.join([str(python.parent), os.environ.get("PATH", os.defpath)])
    argv = (str(python), "-P", "-m", "autolab_cli", *words)
    done = subprocess.run(argv, cwd=folder, env={**environment(), "PATH": path}, check=False)
    if done.returncode != code:
        raise RuntimeError(f"{experiment}: ended with {done.returncode}, not with {code}")


def _bring_home(folder: Path, home: Path, experiment: str) -> None:
    for old in _made_by(home, experiment):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    for made in _made_by(folder, experiment):
        place = home / made.relative_to(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        if made.is_dir():
            shutil.copytree(made, place, ignore=shutil.ignore_patterns("lock", ".*.tmp"))
        else:
            shutil.copy2(made, place)


if __name__ == "__main__":
    sys.exit(main())
