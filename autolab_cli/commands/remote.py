"""``autolab remote list`` and ``autolab remote check``."""

from __future__ import annotations

import argparse

from autolab_cli.printing import print_json
from autolab_core.io.layout import REMOTE_PROFILES
from autolab_core.io.repository import Repository
from autolab_core.io.root import find_root
from autolab_core.vocab.remote import CheckLevel

__all__ = ["check", "show_all"]

_WITHOUT = f"no remote profile: write one to {REMOTE_PROFILES} (docs/remote.md)"


def show_all(options: argparse.Namespace) -> int:
    """List the profiles: which host, where, and how files go and come."""
    found = Repository(find_root(options.root)).remote_profiles()
    if options.json:
        rows = [
            {"name": name, "host": each.host, "root": each.root, "push": each.push.method, "pull": each.pull.method}
            for name, each in found.profiles.items()
        ]
        print_json({"default": found.default, "profiles": rows})
        return 0
    for name, each in found.profiles.items():
        mark = " (default)" if name == found.default else ""
        print(f"{name}{mark}: {each.host}:{each.root}, push by {each.push.method}, pull by {each.pull.method}")
    if not found.profiles:
        print(_WITHOUT)
    return 0


def check(options: argparse.Namespace) -> int:
    """Say what the host can do and how to mend the rest: 1 when no run can be sent there, 2 when it does not answer."""
    from autolab_core.stages.remote.check import check_remote
    from autolab_core.stages.remote.machines import Remotes

    repository = Repository(find_root(options.root))
    name, profile = repository.remote_profiles().named(options.profile)
    result = check_remote(Remotes(repository.root, repository.remote_profiles, repository.policy)[name])
    if options.json:
        findings = [each._asdict() for each in result.findings]
        print_json({"profile": name, "host": profile.host, "reached": result.reached, "findings": findings})
    else:
        for each in result.findings:
            mark = each.level.upper() if each.level is CheckLevel.PROBLEM else str(each.level)
            print(f"{mark:8} {each.name:12} {each.detail}")
            if each.advice:
                print(f"{'':8} {'':12} {each.advice}")
    if not result.reached:
        return 2
    return 0 if result.serves else 1
