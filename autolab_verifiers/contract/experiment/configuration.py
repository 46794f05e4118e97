"""What an experiment was run with, held against the spec's variables and controls, arm by arm."""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator, Mapping
from typing import Any, Final

from autolab_core.models.experiment.spec import Setting
from autolab_core.vocab.experiment import Arm
from autolab_verifiers.contract.experiment.facts import ExperimentFacts
from autolab_verifiers.contract.findings import Skip
from autolab_verifiers.contract.values import escape, show, text_at, value_at

__all__ = ["CONFIGURATION", "identity_problems", "new_distributions", "setting_problems", "unexplained", "values_of"]

CONFIGURATION: Final = "/configuration"
_DEEPEST: Final = 20
_NAMED_AT_MOST: Final = 20
_MISSING: Final = object()


def values_of(facts: ExperimentFacts, arm: Arm) -> dict[str, Any] | None:
    """The configuration of *arm*, its nested names joined by dots; None where none was given."""
    values = value_at(facts.config, f"{CONFIGURATION}/{arm}/values")
    return None if not isinstance(values, dict) else dict(_flat(values, "", 0))


def _flat(values: Mapping[Any, Any], above: str, depth: int) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        name = f"{above}{key}"
        if isinstance(value, dict) and value and depth < _DEEPEST:
            yield from _flat(value, f"{name}.", depth + 1)
        else:
            yield name, value


def setting_problems(facts: ExperimentFacts, settings: tuple[Setting, ...]) -> Iterator[tuple[str, str]]:
    """Settings of the spec that an arm's configuration lacks, or has with another value. Raises Skip where no arm has
    a configuration."""
    given = {arm: found for arm in Arm if (found := values_of(facts, arm)) is not None}
    if not given:
        raise Skip("no configuration was given (CS001)")
    for arm, values in given.items():
        for setting in settings:
            if arm in setting.values:
                wanted, found = setting.values[arm], values.get(setting.name, _MISSING)
                if found is _MISSING:
                    yield f"{CONFIGURATION}/{arm}/values", f"the {arm} has no `{setting.name}`"
                elif not _same(wanted, found):
                    where = f"{CONFIGURATION}/{arm}/values/{escape(setting.name)}"
                    message = f"`{setting.name}` of the {arm} is {_typed(found)}, but the spec says {_typed(wanted)}"
                    yield _there(facts, where, arm), message


def _there(facts: ExperimentFacts, pointer: str, arm: Arm) -> str:
    """*pointer* where something stands there: a name with dots may be nested."""
    return pointer if value_at(facts.config, pointer) is not None else f"{CONFIGURATION}/{arm}/values"


def _same(wanted: object, found: object) -> bool:
    """Whether two plain values are one: 1 and 1.0 are, 1 and true are not, nor are 0.9 and its text."""
    numbers = (int, float)
    if type(wanted) in numbers and type(found) in numbers:
        return wanted == found
    return type(wanted) is type(found) and wanted == found


def _typed(value: object) -> str:
    return f"the text {show(value)}" if isinstance(value, str) else show(value)


def unexplained(facts: ExperimentFacts) -> Iterator[str]:
    """Names that differ between the arms and are no variable of the spec."""
    baseline, treatment = values_of(facts, Arm.BASELINE), values_of(facts, Arm.TREATMENT)
    if baseline is None or treatment is None:
        raise Skip("there is no configuration of both arms")
    variables = {setting.name for setting in facts.spec.variables}
    differing = [
        name
        for name in sorted(baseline.keys() | treatment.keys(), key=str)
        if not _same(baseline.get(name, _MISSING), treatment.get(name, _MISSING)) and name not in variables
    ]
    for name in differing[:_NAMED_AT_MOST]:
        values = [show(arm[name]) if name in arm else "nothing" for arm in (baseline, treatment)]
        yield f"`{name}` is {values[0]} in the baseline and {values[1]} in the treatment, but is no variable"


def identity_problems(facts: ExperimentFacts) -> Iterator[tuple[str, str]]:
    """What ``config.json`` says of the experiment, its spec and its seeds that is not so."""
    config, spec = facts.config, facts.spec
    wanted = {
        "/experiment": spec.id,
        "/spec/path": facts.paths.spec,
        "/seeds": list(spec.seeds),
        "/baseline_seeds": list(spec.baseline_seeds),
    }
    for pointer, value in wanted.items():
        told = value_at(config, pointer)
        if told is not None and told != value:
            yield pointer, f"is {_listed(told)}, but the spec says {_listed(value)}"


def _listed(value: object) -> str:
    return ", ".join(map(str, value[:_NAMED_AT_MOST])) if isinstance(value, list) else show(value)


def _normal(name: str) -> str:
    """The name of a distribution as the index has it (PEP 503)."""
    return "-".join(part for part in name.lower().replace("_", "-").replace(".", "-").split("-") if part)


def new_distributions(facts: ExperimentFacts) -> Iterator[tuple[str, str, bool]]:
    """Distributions that came after the seal, changed or went: the pointer, the words, and whether it is an error.

    One that the spec names as a dependency may come and change. Raises Skip where nothing is recorded.
    """
    before, after = (value_at(facts.config, f"/packages/{key}") for key in ("at_seal", "at_end"))
    if not isinstance(before, dict) or not isinstance(after, dict):
        raise Skip("the installed distributions were not recorded")
    named = {_normal(_bare(each)) for each in facts.spec.dependencies}
    then = {_normal(name): text_at(before, f"/{escape(name)}") for name in before}
    now = {_normal(name): (text_at(after, f"/{escape(name)}"), name) for name in after}
    found = 0
    for name, (version, written) in now.items():
        if name in named or found >= _NAMED_AT_MOST or (name in then and then[name] == version):
            continue
        found += 1
        pointer = f"/packages/at_end/{escape(written)}"
        if name not in then:
            yield pointer, f"{written} {version} was installed after the seal, and the spec does not name it", True
        else:
            yield pointer, f"{written} was {then[name]} at the seal, and is {version} at the end", False
    gone = sorted(name for name in then if name not in now and name not in named)
    for name in gone[:_NAMED_AT_MOST]:
        yield "/packages/at_end", f"{name} was installed at the seal, and is not at the end", False


def _bare(requirement: str) -> str:
    """The name in a requirement: ``numpy>=1.26 ; extra`` is ``numpy``."""
    end = next((index for index, letter in enumerate(requirement) if not (letter.isalnum() or letter in "._-")), None)
    return requirement[:end]
