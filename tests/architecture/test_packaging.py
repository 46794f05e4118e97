"""What is installed is what lies here."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib import metadata

import pytest

import autolab_core
import autolab_core.schemas
from tests.architecture.house import PACKAGES, ROOT, SCHEMAS

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

# Slow to import, and not needed to find out what to do.
HEAVY = ("attr", "attrs", "cattrs", "importlib.metadata", "jsonschema", "pluggy", "ruamel", "subprocess")


def folders_with_code() -> set[str]:
    """Folders of the three packages that hold Python files, in themselves or below, as dotted names."""
    found: set[str] = set()
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            parts = file.relative_to(ROOT).parent.parts
            found |= {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
    return found


def test_every_package_is_listed_for_the_wheel():
    listed = SETTINGS["tool"]["setuptools"]["packages"]
    lying_here = folders_with_code() | {"autolab_core.schemas"}

    assert sorted(lying_here - set(listed)) == [], "add these to [tool.setuptools] packages in pyproject.toml"
    assert sorted(set(listed) - lying_here) == [], "take these out of [tool.setuptools] packages in pyproject.toml"
    assert listed == sorted(listed)


def test_every_folder_with_code_is_a_package():
    bare = [name for name in folders_with_code() if not (ROOT / name.replace(".", "/") / "__init__.py").is_file()]

    assert bare == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_carries_its_types(package):
    assert (ROOT / package / "py.typed").is_file()


def test_the_schemas_are_found_where_they_are_read():
    assert list(autolab_core.schemas.__path__) == [str(SCHEMAS)]


def test_the_version_is_told_once():
    assert autolab_core.__version__ == SETTINGS["project"]["version"] == metadata.version("autolab-verify")


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_loads_nothing_slow(package):
    code = f"import sys, {package}; print([name for name in {HEAVY!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "[]"


def test_the_top_level_offers_what_the_api_offers():
    from autolab_core import api

    assert set(api.__all__) <= set(autolab_core.__all__)
    assert all(getattr(autolab_core, name) is getattr(api, name) for name in api.__all__)


def test_every_name_that_the_top_level_offers_is_there():
    assert [name for name in autolab_core.__all__ if getattr(autolab_core, name, None) is None] == []
