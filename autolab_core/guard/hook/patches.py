"""Which paths a patch changes: a unified diff, git's extended one, or the envelope of ``apply_patch``."""

from __future__ import annotations

__all__ = ["patched_paths"]

_HEADS = ("--- ", "+++ ", "*** ", "rename from ", "rename to ", "copy to ", "copy from ", "Index: ")
_ENVELOPE = ("Update File: ", "Add File: ", "Delete File: ", "Move to: ")


def patched_paths(text: str, strip: int = 0) -> list[str]:
    """Every path that *text* names, with *strip* leading names taken off.

    A line of content that looks like a heading counts as one: that denies too much, never too little.
    """
    found: list[str] = []
    for ended in text.split("\n"):
        line = ended.rstrip("\r")
        if line.startswith("diff --git "):
            found += _stripped(line.removeprefix("diff --git ").split(" "), strip)
        for head in _HEADS:
            if line.startswith(head):
                rest = line.removeprefix(head)
                for kind in _ENVELOPE:
                    if head == "*** " and rest.startswith(kind):
                        found.append(rest.removeprefix(kind).strip())
                name = rest.split("\t")[0].strip().strip('"')
                if name and name != "/dev/null" and not rest.startswith((*_ENVELOPE, "Begin Patch", "End Patch")):
                    found += _stripped([name], 0 if head.startswith(("rename", "copy")) else strip)
    return list(dict.fromkeys(found))


def _stripped(names: list[str], strip: int) -> list[str]:
    """Each of *names* without its first *strip* folders; where it has no more, as it is."""
    found = []
    for name in names:
        parts = [part for part in name.split("/") if part]
        found.append("/".join(parts[strip:]) or name)
    return found
