"""Programs that write whatever an archive, a patch or another folder holds."""

from __future__ import annotations

from collections.abc import Callable

from autolab_core.guard.hook.call import Call
from autolab_core.guard.hook.patches import patched_paths
from autolab_core.guard.hook.values import is_plain, placed
from autolab_core.guard.hook.writers import copied_to

__all__ = ["ARCHIVES", "patch_text"]


def _tar(call: Call) -> None:
    words = list(call.words)
    if words and not words[0].startswith("-"):
        words[0] = f"-{words[0]}"
        # The values of old-style letters follow in a row: `tar xfC a.tar folder`.
        letters, words = words[0][1:], words[1:]
        ordered: list[str] = []
        for letter in letters:
            ordered.append(f"-{letter}")
            if letter in "fCbTXIH" and words:
                ordered.append(words.pop(0))
        words = [*ordered, *words]
    call.words = words
    long = ["file", "directory", "files-from", "exclude", "use-compress-program", "transform", "strip-components"]
    long += ["to-command", "checkpoint-action", "one-top-level", "xform", "exclude-from", "mode", "owner", "group"]
    options = call.options("fCbTXIHgKNLV", long)
    if options.has(
        "to-command", "checkpoint-action", "use-compress-program", "I", "rsh-command", "P", "absolute-names"
    ):
        call.deny("is told to run a program or to write absolute paths")
    if options.has("x", "extract", "get"):
        if not options.has("O", "to-stdout"):
            folder = [*options.values("C", "directory"), "."]
            for place in folder[:-1] or folder:
                named = (
                    [f"{place}/{each}" for each in options.operands] if not options.has("transform", "xform") else []
                )
                call.change_tree("unpack into", *(named or [place]))
    elif options.has("c", "r", "u", "A", "create", "append", "update", "concatenate", "delete"):
        call.write(*[each for each in options.values("f", "file") if each != "-"])
        if options.has("remove-files"):
            call.change_tree("remove", *options.operands)


def _unzip(call: Call) -> None:
    options = call.options("dxP", ())
    if not options.has("l", "t", "p", "v", "Z", "c", "z"):
        call.change_tree("unpack into", *(options.values("d") or ["."]))


def _zip(call: Call) -> None:
    options = call.options("bxitn", ())
    call.write(*options.operands[:1])
    if options.has("m", "move"):
        call.change_tree("remove", *options.operands[1:])


def _seven_zip(call: Call) -> None:
    kind, operands = call.words[:1], [word for word in call.words[1:] if not word.startswith("-")]
    if kind in (["x"], ["e"]):
        folders = [word[2:] for word in call.words if word.startswith("-o")]
        call.change_tree("unpack into", *(folders or ["."]))
    elif kind and kind[0] not in ("l", "t", "h"):
        call.write(*operands[:1])


def _copy_archive(call: Call) -> None:
    """``cpio``: what it unpacks or passes on is in a list that is not seen."""
    options = call.options("DFIO", ["directory", "file"])
    if options.has("i", "extract") and not options.has("t", "list"):
        call.change_tree("unpack into", *(options.values("D", "directory") or ["."]))
    if options.has("p", "pass-through"):
        call.change_tree("unpack into", *options.operands[-1:])
    call.write(*options.values("F", "O", "file"))


def _synchronise(call: Call) -> None:
    long = [
        "exclude",
        "include",
        "filter",
        "files-from",
        "rsh",
        "exclude-from",
        "include-from",
        "backup-dir",
        "log-file",
    ]
    options = call.options("efMTB", [*long, "temp-dir", "partial-dir", "compare-dest", "link-dest", "chmod", "chown"])
    if options.has("n", "dry-run", "list-only") or len(options.operands) < 2:
        return
    for text in options.values("e", "rsh"):
        call.shell(text)
    *sources, target = options.operands
    if options.has("remove-source-files"):
        call.change_tree("remove", *[each for each in sources if not _is_remote(each)])
    call.write(*options.values("log-file"))
    if not _is_remote(target):
        # With a slash at its end, a source means what is in it.
        whole = any(each.endswith("/") or _is_remote(each) for each in sources) or options.has(
            "delete", "R", "relative"
        )
        for place in copied_to(call, sources, target) if not whole else [target]:
            call.change_tree("write", place)
        for folder in options.values("backup-dir"):
            call.change_tree("write", folder)


def _is_remote(path: str) -> bool:
    return ":" in path.partition("/")[0] or path.startswith("rsync://")


def _patch(call: Call) -> None:
    long = ["strip", "input", "directory", "output", "reject-file", "fuzz"]
    options = call.options("pidorFBYzVDg", long)
    if options.has("dry-run", "C"):
        return
    folders = options.values("d", "directory") or ["."]
    call.write(
        *[placed(folders[-1], each) + end for each in options.operands[:1] for end in ("", ".orig", ".rej")],
        *options.values("o", "output", "r"),
    )
    sources = options.values("i", "input")
    if options.operands:
        return
    text = patch_text(call, sources)
    if text is None:
        call.change_tree("patch files in", folders[-1])
        return
    strips = options.values("p", "strip")
    for strip in [int(strips[-1])] if strips and strips[-1].isdigit() else [0, 1, 99]:
        call.change_tree("patch", *[placed(folders[-1], path) for path in patched_paths(text, strip)])


def patch_text(call: Call, files: list[str]) -> str | None:
    """The text of the patch on standard input; None for one in a file, which may be another by the time it is read."""
    return call.given if not files and call.given and is_plain(call.given) else None


ARCHIVES: dict[str, Callable[[Call], None]] = {
    "tar": _tar,
    "gtar": _tar,
    "bsdtar": _tar,
    "unzip": _unzip,
    "zip": _zip,
    "7z": _seven_zip,
    "7za": _seven_zip,
    "cpio": _copy_archive,
    "rsync": _synchronise,
    "patch": _patch,
}
