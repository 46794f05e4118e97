"""The verifier policy: which verifiers run at which stage, which must, their settings, and how a gate decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from autolab_core.models.checks import extra

__all__ = ["LaunchPolicy", "PluginPolicy", "Policy", "StagePolicy"]


@attrs.frozen
class StagePolicy:
    """Names of verifiers or groups; ``required`` ones that are missing or broken are an error."""

    run: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class LaunchPolicy:
    """``require_reviewed``: refuse a review that records no content hashes."""

    require_reviewed: bool = False
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class PluginPolicy:
    """``block``: plugins that are not loaded, by the names of their entry points."""

    block: tuple[str, ...] = ()
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class Policy:
    """The whole policy. ``groups`` names sets of verifiers (``env_smoke``), ``settings`` is by verifier, then key."""

    stages: Mapping[str, StagePolicy] = attrs.field(factory=dict)
    groups: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
    plugins: PluginPolicy = attrs.field(factory=PluginPolicy)
    launch: LaunchPolicy = attrs.field(factory=LaunchPolicy)
    extra: Mapping[str, Any] = extra()
