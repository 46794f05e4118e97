"""Verifiers: they read a repository and say, rule by rule, whether it is what it claims to be. They never launch.

``verify`` judges a repository and is what the stages of ``autolab_core`` are handed; it is loaded at its first use.

Importing this package imports nothing, because every pytest of the environment imports it (``pytest_plugin``): what is
wrong with the installation is said by those who use it, not to those who never asked.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would cost more than everything else here
if TYPE_CHECKING:
    from autolab_verifiers.engine.verify import verify

__all__ = ["require_own_core", "verify"]


def require_own_core() -> None:
    """Raise ImportError when another distribution owns the name ``autolab_core``. Packages that need ours call this."""
    import autolab_core

    if getattr(autolab_core, "DISTRIBUTION", None) != "autolab-verify":
        raise ImportError(
            f"the package autolab_core at {getattr(autolab_core, '__file__', None)} is not that of autolab-verify: "
            "another distribution owns the name; use an environment that has only one of them"
        )


def __getattr__(name: str) -> object:
    if name != "verify":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from autolab_verifiers.engine.verify import verify

    return verify
