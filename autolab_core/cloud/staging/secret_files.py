"""Files that look as if they held a secret: by their names, and by what keys look like. Pure.

It is a net against mistakes, not a proof: what is sent can be read by whoever may read the storage.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Final

__all__ = ["LOOK_BYTES", "content_problem", "name_problem"]

# How much of a file is looked at; keys stand in small files.
LOOK_BYTES: Final = 256 << 10

_NAMES: Final = (
    ".env",
    ".env.*",
    "*.env",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.jks",
    "*.keystore",
    "*.kdbx",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    ".netrc",
    "_netrc",
    ".pgpass",
    ".pypirc",
    ".npmrc",
    ".git-credentials",
    "credentials",
    "credentials.*",
    "client_secret*.json",
    "service-account*.json",
    "service_account*.json",
    "secrets.json",
    "secrets.toml",
    "secrets.yaml",
    "secrets.yml",
    "kaggle.json",
)
# What is committed to show how such a file is to look.
_SAMPLES: Final = (".env.example", ".env.sample", ".env.template", ".env.dist", "*.pub", "*.example", "*.sample")
_FOLDERS: Final = frozenset({".aws", ".ssh", ".gnupg", ".azure", ".kube"})
# Long-lived key ids of AWS, private keys in PEM, tokens of GitHub, GitLab, Hugging Face and Slack. The id that AWS's
# own documentation uses ends with EXAMPLE.
_KEYS: Final = re.compile(
    rb"(?P<aws>\bA(?:KIA|SIA)(?![0-9A-Z]{9}EXAMPLE)[0-9A-Z]{16}\b)"
    rb"|(?P<pem>-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----)"
    rb"|(?P<token>\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,}|glpat-[A-Za-z0-9_-]{20,}"
    rb"|hf_[A-Za-z]{34}|xox[abprs]-[A-Za-z0-9-]{20,})\b)"
)
_WHAT: Final = {"aws": "an access key of AWS", "pem": "a private key", "token": "an access token"}


def name_problem(path: str) -> str | None:
    """What the name of the file *path* says that it holds; None where it says nothing."""
    *folders, name = path.split("/")
    lower = name.lower()
    if any(fnmatchcase(lower, each) for each in _SAMPLES):
        return None
    if _FOLDERS & set(folders):
        return "it lies where programs keep credentials"
    return "its name is one of files with secrets" if any(fnmatchcase(lower, each) for each in _NAMES) else None


def content_problem(data: bytes) -> str | None:
    """What *data* (the beginning of a file) seems to hold; None where it is nothing of the kind."""
    found = _KEYS.search(data)
    return None if found is None or found.lastgroup is None else f"it seems to hold {_WHAT[found.lastgroup]}"
