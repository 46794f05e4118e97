"""What the measurements of copies have alike: their options, the one large file, the clock."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

__all__ = ["asked", "large", "seconds"]


def asked(about: str | None) -> argparse.Namespace:
    """``rounds``, ``files``, ``megabytes`` and ``gate`` of the command line."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--gate", action="store_true")
    return parser.parse_args()


def large(folder: Path, megabytes: int) -> None:
    """Make *folder*, with one file of so many MiB that nothing compresses."""
    folder.mkdir(parents=True)
    with open(folder / "weights.bin", "wb") as weights:
        for _ in range(megabytes):
            weights.write(os.urandom(1 << 20))


def seconds(work: Callable[..., object], *arguments: object) -> float:
    """How long *work* takes, by the clock on the wall."""
    began = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - began
