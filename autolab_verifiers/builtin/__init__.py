"""The verifiers that are shipped: one file each, independent of one another. This is the one table of them."""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from autolab_verifiers.contract.rules import RuleSet

__all__ = ["BUILTIN", "load"]

# Name -> prefix of its rule ids, in the order of the report. The module of the same name holds it as ``VERIFIER``.
BUILTIN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "schema_checks": "SC",
        "run_health": "RH",
        "result_sanity": "RS",
        "file_line_limits": "LL",
        "template_fill": "TF",
        "launch_scripts": "LS",
        "consistency": "CN",
        "closed_experiments": "CE",
        "local_artifacts": "LA",
        "ledger": "LG",
        "spec_guard": "SG",
        "replicates": "RP",
        "metrics_complete": "MC",
        "baseline_first": "BF",
        "budget": "BU",
        "abort_protocol": "AP",
        "results_untouched": "RU",
        "config_matches_spec": "CS",
        "change_scope": "CG",
        "no_interpretation": "NI",
        "edit_scope": "ES",
        "evidence": "EV",
    }
)


def load(name: str) -> RuleSet:
    """The builtin verifier *name*; its module is imported now. Raises KeyError for a name that is not in the table."""
    if name not in BUILTIN:
        raise KeyError(name)
    verifier: RuleSet = import_module(f"{__name__}.{name}").VERIFIER
    return verifier
