"""Autolab's library: launch, watch and record experiment runs.

What users import is named by ``__all__``. It lives in ``autolab_core.api`` and a few light modules, and each is loaded
at its first use, so that ``import autolab_core`` costs next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would cost more than everything else here
if TYPE_CHECKING:
    from typing import Any

__version__ = "0.1.0"
# Which distribution this package is of: another one may own the import name, and then nothing here is there.
DISTRIBUTION = "autolab-verify"

# Each public name and the module that is loaded at its first use. Those that read a few files do not load the stages.
_API: dict[str, str] = {
    "AgentOptions": "api",
    "LaunchOptions": "api",
    "LaunchPlan": "api",
    "Look": "api",
    "Copied": "api",
    "Progress": "api",
    "Replay": "api",
    "Round": "api",
    "StageResult": "api",
    "Verify": "api",
    "approve": "api",
    "cancel": "api",
    "check_prompts": "api",
    "extract": "api",
    "launch": "api",
    "look": "api",
    "monitor": "api",
    "prepare": "api",
    "render": "api",
    "reopen": "api",
    "replay": "api",
    "resume": "api",
    "run": "api",
    "wait": "api",
    "watch": "api",
    "append_to_ledger": "stages.ledger",
    "find_root": "io.root",
    "init": "stages.init",
    "list_runs": "stages.runs",
    "merge_ledger": "stages.ledger",
    "read_ledger": "stages.ledger",
    "read_status": "stages.status",
    "run_documents": "stages.runs",
    "survey_ledger": "stages.ledger",
}

# Packages that are used by their own names: `autolab_core.experiment.open(…)`.
_PACKAGES = ("experiment",)

__all__ = ["__version__", *_API, *_PACKAGES]  # noqa: PLE0604 - every element is a string


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    if name not in _API:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_API[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_API, *_PACKAGES})
