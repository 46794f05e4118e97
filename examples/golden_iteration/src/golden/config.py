"""The experiment's settings: reading ``configs/train.json`` and refusing what cannot be run."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KNOWN_KEYS = {
    "": {"data", "training", "optimizer", "arms", "seeds", "sleep_seconds_per_seed"},
    "data": {"features", "train_size", "validation_size", "label_noise"},
    "training": {"steps", "batch_size"},
    "optimizer": {"learning_rate", "momentum"},
    "arms": {"name", "role", "optimizer"},
}


class ConfigError(Exception):
    """The configuration cannot be used; the message names the file and the key. Its author has to act."""


@dataclass(frozen=True)
class Arm:
    """One side of the comparison: its name, its role (``baseline`` or ``variant``) and its optimizer."""

    name: str
    role: str
    learning_rate: float
    momentum: float


@dataclass(frozen=True)
class Config:
    """All settings of a run. ``sha256`` is the hash of the file's bytes, so that results can name what made them."""

    features: int
    train_size: int
    validation_size: int
    label_noise: float
    steps: int
    batch_size: int
    arms: tuple[Arm, ...]
    seeds: tuple[int, ...]
    sleep_seconds_per_seed: float
    sha256: str

    def expected(self) -> list[tuple[str, int]]:
        """Every (arm, seed) pair that a complete run has a record for, in the order of the file."""
        return [(arm.name, seed) for arm in self.arms for seed in self.seeds]


def load(path: Path) -> Config:
    """Read and check the configuration at *path*; raise ``ConfigError`` when it is unreadable or makes no sense."""
    try:
        raw = path.read_bytes()
        tree = json.loads(raw)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: is not JSON: {error}") from error
    try:
        return _build(tree, hashlib.sha256(raw).hexdigest())
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def _build(tree: Any, sha256: str) -> Config:
    _refuse_unknown(tree, "", "")
    data, training, base = _table(tree, "data"), _table(tree, "training"), _table(tree, "optimizer")
    return Config(
        features=_whole(data, "data", "features", 1),
        train_size=_whole(data, "data", "train_size", 1),
        validation_size=_whole(data, "data", "validation_size", 1),
        label_noise=_number(data, "data", "label_noise", 0.0, 0.5),
        steps=_whole(training, "training", "steps", 1),
        batch_size=_whole(training, "training", "batch_size", 1),
        arms=_arms(tree.get("arms"), base),
        seeds=_seeds(tree.get("seeds")),
        sleep_seconds_per_seed=_number(tree, "", "sleep_seconds_per_seed", 0.0, 3600.0),
        sha256=sha256,
    )


def _arms(entries: Any, base: dict[str, Any]) -> tuple[Arm, ...]:
    if not isinstance(entries, list) or not entries:
        raise ConfigError("arms: a list of at least one baseline and one variant is needed")
    arms = []
    for index, entry in enumerate(entries):
        where = f"arms[{index}]"
        if not isinstance(entry, dict) or entry.get("role") not in {"baseline", "variant"}:
            raise ConfigError(f"{where}.role: has to be baseline or variant")
        _refuse_unknown(entry, "arms", where)
        name = entry.get("name")
        if not isinstance(name, str) or not name.isidentifier():
            raise ConfigError(f"{where}.name: has to be a plain word, it names the output files")
        optimizer = base | _table(entry, "optimizer", f"{where}.optimizer")
        rate = _number(optimizer, f"{where}.optimizer", "learning_rate", 0.0, 1e6)
        momentum = _number(optimizer, f"{where}.optimizer", "momentum", 0.0, 1.0)
        arms.append(Arm(name, entry["role"], rate, momentum))
    if len({arm.name for arm in arms}) != len(arms):
        raise ConfigError("arms: two arms have the same name")
    if {arm.role for arm in arms} != {"baseline", "variant"} or sum(arm.role == "baseline" for arm in arms) != 1:
        raise ConfigError("arms: exactly one baseline and at least one variant are needed")
    return tuple(arms)


def _seeds(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not value or any(type(seed) is not int or seed < 0 for seed in value):
        raise ConfigError("seeds: a list of whole numbers from 0 upwards is needed")
    if len(set(value)) != len(value):
        raise ConfigError("seeds: a seed is listed twice")
    return tuple(value)


def _table(tree: Any, key: str, where: str = "") -> dict[str, Any]:
    value = tree.get(key) if isinstance(tree, dict) else None
    if not isinstance(value, dict):
        raise ConfigError(f"{where or key}: an object is needed")
    _refuse_unknown(value, key, where or key)
    return value


def _refuse_unknown(tree: Any, kind: str, where: str) -> None:
    """A misspelt key would silently leave a default in place, and two arms that should differ the same."""
    unknown = sorted(set(tree) - KNOWN_KEYS[kind]) if isinstance(tree, dict) else []
    if unknown:
        raise ConfigError(f"{where + '.' if where else ''}{unknown[0]}: is not a setting")


def _whole(table: dict[str, Any], where: str, key: str, least: int) -> int:
    value = table.get(key)
    if type(value) is not int or value < least:
        raise ConfigError(f"{where}.{key}: a whole number of at least {least} is needed, found {value!r}")
    return value


def _number(table: dict[str, Any], where: str, key: str, low: float, high: float) -> float:
    value = table.get(key)
    name = f"{where}.{key}" if where else key
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not low <= value <= high:
        raise ConfigError(f"{name}: a number between {low} and {high} is needed, found {value!r}")
    return float(value)
