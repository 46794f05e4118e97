"""Checks on their way to a report, kept in a file: ten thousand runs may have more to say than memory should hold."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from tempfile import SpooledTemporaryFile
from typing import Final

from autolab_core.vocab.states import Severity, Verdict
from autolab_verifiers.contract.findings import Finding
from autolab_verifiers.report.answer import Check

__all__ = ["Spool"]

_IN_MEMORY: Final = 1 << 20


class Spool(Collection[Check]):
    """Checks in the order they were added. They may be read as often as one likes, once all are there."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - it lives as long as the spool
        self._length = 0

    def add(self, check: Check) -> None:
        """Append *check*."""
        findings = tuple((*finding[:2], finding.severity.value, *finding[3:]) for finding in check.findings)
        plain = (str(check.verifier), str(check.rule), check.status.value, findings, *check[4:])
        self._file.write(json.dumps(plain).encode() + b"\n")
        self._length += 1

    def __del__(self) -> None:
        self._file.close()  # here, because a judgement has no end that its readers could be asked to announce

    def __len__(self) -> int:
        return self._length

    def __contains__(self, check: object) -> bool:
        return any(each == check for each in self)

    def __iter__(self) -> Iterator[Check]:
        self._file.seek(0)
        for line in self._file:
            verifier, rule, status, findings, *rest = json.loads(line)
            found = tuple(Finding(message, path, Severity(word), *more) for message, path, word, *more in findings)
            yield Check(verifier, rule, Verdict(status), found, *rest)
