"""Independent variables and controls: ``- `optimizer.lr`: baseline `0.1`, treatment `0.3```, ``- `epochs`: `10```."""

from __future__ import annotations

import json
from typing import Final

from autolab_core.io.documents.yaml_scalars import resolve
from autolab_core.io.spec.findings import Unclear
from autolab_core.io.spec.scan import Scanner
from autolab_core.models.experiment.spec import Plain, Setting
from autolab_core.vocab.experiment import Arm

__all__ = ["CONTROL_FORM", "SEED", "VARIABLE_FORM", "print_setting", "read_control", "read_variable"]

VARIABLE_FORM: Final = "- `name`: baseline `0.0`, treatment `0.9`"
CONTROL_FORM: Final = "- `name`: `0.1`"
# What a command's placeholder for a run's seed is called; no setting can have that name.
SEED: Final = "seed"


def read_variable(text: str) -> Setting:
    """The independent variable *text*. Raises Unclear."""
    scanner = Scanner(text)
    name = _name(scanner)
    values: dict[Arm, Plain] = {}
    while scanner.rest:
        arm = Arm(scanner.one_of([*Arm], "an arm"))
        scanner.take(":", "=")
        if arm in values:
            raise Unclear(f"{name} has two values for the {arm}")
        values[arm] = _value(scanner, f"the {arm}'s value of {name}")
        if scanner.rest and scanner.take(",", ";") is None:
            scanner.end(VARIABLE_FORM)
    missing = [arm for arm in Arm if arm not in values]
    if missing:
        raise Unclear(f"{name} has no value for the {' and the '.join(missing)}; write {VARIABLE_FORM}")
    if _same(*values.values()):
        raise Unclear(f"{name} is the same in both arms; what does not vary belongs to Controls")
    return Setting(name, {arm: values[arm] for arm in Arm})


def read_control(text: str) -> Setting:
    """The control *text*. Raises Unclear."""
    scanner = Scanner(text)
    name = _name(scanner)
    value = _value(scanner, f"the value of {name}")
    scanner.end(CONTROL_FORM)
    return Setting(name, dict.fromkeys(Arm, value))


def print_setting(setting: Setting) -> str:
    """*setting* as a list item's text: a control where both arms have the same value."""
    baseline, treatment = (f"`{_printed(setting.values[arm])}`" for arm in Arm)
    if _same(*(setting.values[arm] for arm in Arm)):
        return f"`{setting.name}`: {baseline}"
    return f"`{setting.name}`: {Arm.BASELINE} {baseline}, {Arm.TREATMENT} {treatment}"


def _name(scanner: Scanner) -> str:
    name = scanner.name("the setting's name")
    if name == SEED:
        raise Unclear(f"no setting can be called {SEED}: each run's seed is, and seeds go into the section Seeds")
    scanner.colon("the value")
    return name


def _value(scanner: Scanner, what: str) -> Plain:
    text = scanner.quoted()
    if text is None:
        text = scanner.word(",; ") if not scanner.rest.startswith('"') else _string(scanner, what)
    if not text:
        raise Unclear(f"{what} is missing; write it in backticks (`0.1`, `adam`, `true`)")
    if text[0] in "[{":
        raise Unclear(f"{what} is no single number, word, true, false or null; give each part a setting of its own")
    try:
        if text[0] == '"':
            loaded = json.loads(text)
            return str(loaded)
        return resolve(text)
    except ValueError as error:
        reason = "it is no text in double quotes" if isinstance(error, json.JSONDecodeError) else str(error)
        raise Unclear(f"{what} {text[:40]!r} is refused: {reason}") from error


def _string(scanner: Scanner, what: str) -> str:
    at = 1
    while at < len(scanner.rest) and scanner.rest[at] != '"':
        at += 2 if scanner.rest[at] == "\\" else 1
    if at >= len(scanner.rest):
        raise Unclear(f"{what}: a double quote is not closed")
    return scanner.skip(at + 1)


def _same(one: Plain, other: Plain) -> bool:
    # To Python True is 1, and to a configuration 1 is not 1.0.
    return type(one) is type(other) and one == other


def _printed(value: Plain) -> str:
    """*value* so that it reads the same within backticks."""
    if not isinstance(value, str):
        return json.dumps(value)
    plain = value == " ".join(value.split()) and value.isprintable() and "`" not in value and value[:1] not in '"[{'
    try:
        if plain and resolve(value) == value:
            return value
    except ValueError:
        pass
    escaped = json.dumps(value, ensure_ascii=not value.isprintable()).replace("`", "\\u0060")
    # Runs of spaces become one when the lines of an item are joined.
    return escaped.replace("  ", " \\u0020")
