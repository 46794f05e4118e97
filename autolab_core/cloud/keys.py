"""Where everything lies in the storage. The runner in the container has the same names from here."""

from __future__ import annotations

from typing import Final

__all__ = [
    "BLOBS",
    "RUNNERS",
    "RUNS",
    "blob",
    "code",
    "heartbeat",
    "job",
    "lease",
    "log",
    "logs",
    "manifest",
    "out",
    "partial_manifest",
    "patch",
    "result",
    "run",
    "run_document",
    "runner",
    "spec",
]

BLOBS: Final = "blobs/"
RUNNERS: Final = "runners/"
RUNS: Final = "runs/"


def runner(sha256: str) -> str:
    """The runner whose bytes have this hash."""
    return f"{RUNNERS}{sha256}"


def blob(sha256: str) -> str:
    """Data, by its content: every run that has the same finds it there."""
    return f"{BLOBS}{sha256}"


def run(run_id: str) -> str:
    """All of a run, as a prefix."""
    return f"{RUNS}{run_id}/"


def code(run_id: str) -> str:
    """The code that was staged. Written once."""
    return f"{run(run_id)}code.tar.gz"


def patch(run_id: str) -> str:
    """What leads from the recorded commit to that code; only there where they differ."""
    return f"{run(run_id)}code.patch"


def spec(run_id: str) -> str:
    """The spec as it was staged: an engine that can mounts it where the command must not write it. Written once."""
    return f"{run(run_id)}spec"


def run_document(run_id: str) -> str:
    """What the runner is to do. Written once, after everything that it names."""
    return f"{run(run_id)}run.json"


def job(run_id: str) -> str:
    """What the engine accepted. Written once."""
    return f"{run(run_id)}job.json"


def lease(run_id: str, attempt: int) -> str:
    """Who carries out this attempt (from 1). Written once."""
    return f"{run(run_id)}lease.json" if attempt == 1 else f"{run(run_id)}lease.{attempt}.json"


def heartbeat(run_id: str) -> str:
    """The last sign of life, written anew each time."""
    return f"{run(run_id)}heartbeat.json"


def logs(run_id: str, attempt: int) -> str:
    """The pieces of an attempt's log, as a prefix; their names sort as they were written."""
    return f"{run(run_id)}log/{attempt}/"


def log(run_id: str, attempt: int, number: int, stream: str) -> str:
    """One piece of the log; *stream* is ``out`` or ``err``."""
    return f"{logs(run_id, attempt)}{number:08d}.{stream}"


def out(run_id: str, attempt: int, sha256: str) -> str:
    """Outputs, by their content."""
    return f"{run(run_id)}out/{attempt}/{sha256}"


def partial_manifest(run_id: str, attempt: int) -> str:
    """What is safe so far, written anew with each sync."""
    return f"{run(run_id)}out/{attempt}/manifest.json"


def manifest(run_id: str) -> str:
    """What the run left, once it has ended. Written once."""
    return f"{run(run_id)}manifest.json"


def result(run_id: str) -> str:
    """How the run ended. Written once, and last."""
    return f"{run(run_id)}result.json"
