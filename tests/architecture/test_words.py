"""One package owns the words: a status literal stands in ``autolab_core/vocab`` and nowhere else in the code."""

from __future__ import annotations

from autolab_core.vocab import guard, states
from tests.architecture.house import modules

# Values that are also ordinary words: names of commands, folders, keys and fields. A scan for them would find
# those. Every other value of the vocabulary, present or future, is scanned for.
ORDINARY = {
    "absent",
    "closed",
    "committed",
    "content",
    "design",
    "done",
    "error",
    "fail",
    "failure",
    "file",
    "folder",
    "gone",
    "hypothesis",
    "implementation",
    "landlock",
    "launch",
    "link",
    "linked",
    "local",
    "mode",
    "mount",
    "new",
    "none",
    "note",
    "ok",
    "other",
    "pass",
    "replaced",
    "restored",
    "skip",
    "slurm",
    "stop",
    "warning",
}

# (file, word): why the word is spelled there. An entry whose word has gone is an error.
ALLOWED: dict[tuple[str, str], str] = {
    ("autolab_core/cloud/engines/podman/parse.py", "running"): "podman's own word for a container",
}

# Whole documents as a repository holds them, good and broken: they spell words as files do.
SAMPLES = "autolab_verifiers/selftest"


def vocabulary() -> set[str]:
    enums = (
        states.RunStatus,
        states.SyncStatus,
        states.HostMode,
        states.Stage,
        states.StageOutcome,
        states.ReviewStatus,
        states.MetricsStatus,
        states.Verdict,
        states.Severity,
        guard.GuardLevel,
        guard.Change,
        guard.SealedKind,
    )
    return {str(word) for enum in enums for word in enum} | states.CLOSED_BACKLOG | set(states.SYNC_SYNONYMS)


def spelled() -> dict[tuple[str, str], str]:
    """(file, word) -> the last place where it is spelled."""
    words = vocabulary() - ORDINARY
    return {
        (module.path, node.value): module.at(node)
        for module in modules()
        if not module.below("autolab_core/vocab") and not module.below(SAMPLES)
        for node in module.strings()
        if node.value in words
    }


def test_every_ordinary_word_is_a_word_of_the_vocabulary():
    assert ORDINARY - vocabulary() == set()


def test_no_status_literal_is_spelled_outside_the_vocabulary():
    found = {f"{place}: {word!r}" for (path, word), place in spelled().items() if (path, word) not in ALLOWED}

    assert found == set()


def test_every_exception_is_still_needed():
    assert set(ALLOWED) - set(spelled()) == set()
