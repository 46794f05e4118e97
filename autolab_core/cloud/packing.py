"""The runner as one file that any Python 3.11 can run: the same sources make the same bytes."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from importlib.resources import files
from typing import Final

from autolab_core.io.digest import sha256_of_bytes

__all__ = ["BOOTSTRAP", "FILES", "bootstrap_words", "packed_runner", "runner_words"]

# What the runner is made of, below this package. A test holds it to importing nothing else but the standard library.
FILES: Final = (
    "cloud/keys.py",
    "cloud/runner/__init__.py",
    "cloud/runner/carrying.py",
    "cloud/runner/command.py",
    "cloud/runner/courier.py",
    "cloud/runner/credentials.py",
    "cloud/runner/install.py",
    "cloud/runner/interrupting.py",
    "cloud/runner/lease.py",
    "cloud/runner/main.py",
    "cloud/runner/masking.py",
    "cloud/runner/metadata.py",
    "cloud/runner/notices.py",
    "cloud/runner/opening.py",
    "cloud/runner/outputs.py",
    "cloud/runner/protect.py",
    "cloud/runner/s3.py",
    "cloud/runner/shards.py",
    "cloud/runner/stores.py",
    "cloud/runner/surroundings.py",
    "cloud/runner/unpack.py",
    "cloud/runner/writing.py",
    "guard/enforce/landlock.py",
    "guard/enforce/syscalls.py",
    "vocab/cloud.py",
)
BOOTSTRAP: Final = "cloud/runner/bootstrap.py"
_MAIN: Final = b"import sys\n\nfrom autolab_core.cloud.runner.main import main\n\nsys.exit(main(sys.argv[1:]))\n"
# The earliest time that an archive of this kind can name: the bytes must not depend on when they were made.
_TIME: Final = (1980, 1, 1, 0, 0, 0)


@cache
def packed_runner() -> tuple[bytes, str]:
    """The runner, and its SHA-256 in hex."""
    top = files("autolab_core")
    members = {f"autolab_core/{name}": top.joinpath(name).read_bytes() for name in FILES}
    folders = {name.rpartition("/")[0] for name in members}
    while folders:
        # The packages' own files import what is not sent along.
        members |= {f"{folder}/__init__.py": b"" for folder in folders if f"{folder}/__init__.py" not in members}
        folders = {folder.rpartition("/")[0] for folder in folders} - {""}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted({**members, "__main__.py": _MAIN}.items()):
            info = zipfile.ZipInfo(name, _TIME)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, data)
    data = packed.getvalue()
    return data, sha256_of_bytes(data)


def runner_words(python: str, path: str, run_id: str, address: str) -> tuple[str, ...]:
    """The command of a job that sees the runner as the file *path*."""
    return (python, "-I", path, run_id, address)


def bootstrap_words(python: str, sha256: str, run_id: str, address: str) -> tuple[str, ...]:
    """The command of a job that has to fetch the runner first, by its hash."""
    text = files("autolab_core").joinpath(BOOTSTRAP).read_text(encoding="utf-8")
    # Its first statement is the docstring, which a job needs not carry.
    return (python, "-c", text[text.index("import ") :], sha256, run_id, address)
