"""``cloud-run check``: what each engine here could run, and what is missing."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from autolab_cli.cloud.bringing import in_repository
from autolab_cli.printing import print_json
from autolab_core.cloud.engines.base import Capabilities
from autolab_core.cloud.models import RunRequest
from autolab_core.cloud.operations import Checked
from autolab_core.cloud.operations import check as look
from autolab_core.cloud.places import Places
from autolab_core.cloud.planning import asked_by
from autolab_core.cloud.protocol import order_problem
from autolab_core.io.root import locate_root
from autolab_core.io.spec import load_spec, spec_source
from autolab_core.models.resources import Memory

__all__ = ["check"]


def check(options: argparse.Namespace) -> int:
    """Look at the engines: 1 when a run could not be sent to the one that it would be sent to."""
    root = Path(locate_root(options.root))
    asked, problem = None, None
    if options.spec is not None:
        path = in_repository(root, "--spec", options.spec)
        asked = asked_by(load_spec(spec_source(str(root), path), path).spec)
        problem = order_problem(root, path)
    found = look(root, asked, name=options.engine)
    taken = Places(root).backend(options.engine).name
    if options.json:
        asks = None if asked is None else _asked_document(asked)
        print_json({"taken": taken, "asks": asks, "not_yet": problem, "engines": [_document(each) for each in found]})
    else:
        if asked is not None:
            print(f"{asked.spec} asks for {_asked(asked)}")
            print(f"not yet: {problem}" if problem else "what comes before the full phase is proven")
        for each in found:
            _print(each, asked is not None, each.name == taken)
    return 0 if next(each for each in found if each.name == taken).able else 1


def _print(each: Checked, asked: bool, taken: bool) -> None:
    print(f"{each.name} ({each.kind}){', taken where none is named' if taken else ''}")
    print(f"  storage   {each.storage_fault or each.storage}")
    if each.can is not None:
        print(f"  can       {_abilities(each.can)}")
    for finding in each.findings:
        print(f"  {finding.severity:9} {finding.subject}: {finding.message}")
        if finding.hint and finding.hint not in finding.message:
            print(f"            {finding.hint}")
    for note in () if each.can is None else each.can.notes:
        print(f"  note      {note}")
    for lack in each.lacks:
        print(f"  lacks     {lack}")
    if asked and each.able:
        print("  fits      it can run what is asked for")
    print("  price     not known here")


def _abilities(can: Capabilities) -> str:
    cpus = "as many CPUs as there are" if can.max_cpus is None else f"{can.max_cpus} CPUs at most"
    memory = "as much memory as there is" if can.max_memory is None else f"{can.max_memory} of memory at most"
    gpus = {None: "as many GPUs as there are", 0: "no GPU"}.get(can.max_gpus, f"{can.max_gpus} GPUs at most")
    image = "no images" if not can.images else f"image {can.default_image or 'to be named with every run (--image)'}"
    return "; ".join((cpus, memory, gpus, image, "secrets by name" if can.secrets else "no secrets"))


def _asked(asked: RunRequest) -> str:
    words = [] if asked.cpus is None else [f"{asked.cpus} CPUs"]
    words += [] if asked.memory is None else [f"{Memory(asked.memory)} of memory"]
    words += [f"{asked.gpus} GPUs"] if asked.gpus else []
    return ", ".join([*words, f"at most {asked.max_hours:g} h"])


def _asked_document(asked: RunRequest) -> dict[str, Any]:
    return {
        "spec": asked.spec,
        "cpus": asked.cpus,
        "memory": asked.memory,
        "gpus": asked.gpus,
        "max_hours": asked.max_hours,
    }


def _document(each: Checked) -> dict[str, Any]:
    return {
        "name": each.name,
        "kind": each.kind,
        "storage": each.storage,
        "storage_fault": each.storage_fault,
        "can": None if each.can is None else _can_document(each.can),
        "findings": [
            {"severity": f.severity.value, "subject": f.subject, "message": f.message, "hint": f.hint}
            for f in each.findings
        ],
        "lacks": list(each.lacks),
        "able": each.able,
        "price": None,
    }


def _can_document(can: Capabilities) -> dict[str, Any]:
    return {
        "max_cpus": can.max_cpus,
        "max_memory": None if can.max_memory is None else can.max_memory.bytes,
        "max_gpus": can.max_gpus,
        "images": can.images,
        "default_image": can.default_image,
        "secrets": can.secrets,
        "storage": sorted(can.storage),
        "notes": list(can.notes),
    }
