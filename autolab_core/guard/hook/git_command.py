"""``git``: which of its commands would rewrite files, judged by their operands.

A command that rewrites what differs between two commits (`merge`, `reset --hard`, `checkout BRANCH`) would have to ask
git what differs. The hook does not run git, whose answers the repository can shape: such a command is denied.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from autolab_core.guard.hook.archives import patch_text
from autolab_core.guard.hook.call import Call, Options
from autolab_core.guard.hook.patches import patched_paths
from autolab_core.guard.hook.values import ANY_NAME, BELOW, ONE, UNKNOWN, is_plain, name_set, placed, shown
from autolab_core.guard.hook.verdict import Denied, quoted

__all__ = ["judge_git", "judge_hub"]

_PASSES = name_set(
    "add annotate archive blame branch bugreport bundle cat-file check-attr check-ignore check-mailmap check-ref-format"
    " cherry column commit commit-graph commit-tree config count-objects describe diff diff-files diff-index diff-tree"
    " diagnose difftool fast-export fetch fmt-merge-msg for-each-ref format-patch fsck gc get-tar-commit-id grep"
    " hash-object help interpret-trailers lfs log ls-files ls-remote ls-tree mailinfo merge-base merge-file merge-tree"
    " mktag mktree multi-pack-index name-rev notes pack-objects pack-refs patch-id prune push range-diff reflog remote"
    " repack replace request-pull rerere rev-list rev-parse shortlog show show-branch show-index show-ref status"
    " stripspace submodule symbolic-ref tag update-index update-ref var verify-commit verify-pack verify-tag version"
    " whatchanged write-tree maintenance init clone worktree"
)
_WHOLE_TREE = name_set("merge rebase pull cherry-pick revert am bisect filter-branch filter-repo sparse-checkout")
_ASKS = frozenset(["--help", "-h", "--show-current-patch", "--quit", "--edit-todo"])


def judge_git(call: Call) -> None:
    """Raise Denied when the git command could rewrite a protected path."""
    words, elsewhere = _sub_command(call)
    if not words:
        return
    sub, call.words = words[0], words[1:]
    if not is_plain(sub):
        raise Denied("would run a git command that cannot be seen from the command line")
    if any(word in ("--help", "-h") for word in call.words):
        return
    writes_tree = sub in _JUDGES or sub in _WHOLE_TREE
    if writes_tree and (elsewhere or call.settings.keys() & {"GIT_WORK_TREE", "GIT_DIR", "GIT_INDEX_FILE"}):
        call.deny(f"{sub} is told of another working tree, and which files that rewrites cannot be seen")
    if sub in _JUDGES:
        _JUDGES[sub](call)
    elif sub in _WHOLE_TREE:
        if not (set(call.words) & _ASKS or (sub, *call.words[:1]) in _LOOKS):
            _whole_tree(call, sub)
    elif sub in _PASSES:
        _other(call, sub)
    else:
        call.deny(f"{sub} may be an alias for any command; write out what it stands for")


def judge_hub(call: Call) -> None:
    """``gh``: it checks out a pull request as ``git checkout`` does; all else stays away from the working tree."""
    if call.words[:2] in (["pr", "checkout"], ["pr", "co"], ["co"], ["repo", "sync"]) or call.words[:1] == ["co"]:
        _whole_tree(call, "checkout")
    _other(call, "gh")


_LOOKS = {("bisect", "log"), ("bisect", "view"), ("bisect", "visualize"), ("sparse-checkout", "list")}


def _sub_command(call: Call) -> tuple[list[str], bool]:
    """The words from the sub-command on, ``-C`` followed; and whether another tree or repository is named."""
    words, elsewhere = list(call.words), False
    while words and words[0].startswith("-"):
        word = words.pop(0)
        if word == "-C" and words:
            place = words.pop(0)
            call.state = call.state.copy()
            call.state.folders = tuple(placed(each, place) for each in call.state.folders)
        elif word in ("-c", "--config-env") and words:
            setting = words.pop(0).lower()
            if setting.startswith(("alias.", "core.fsmonitor", "core.hookspath", "core.sshcommand", "core.editor")):
                call.deny(f"-c {setting.partition('=')[0]} runs a command of its own")
        elif word in ("--git-dir", "--work-tree", "--namespace") and words:
            elsewhere, words = True, words[1:]
        elif word.startswith(("--git-dir=", "--work-tree=")):
            elsewhere = True
        elif word == "--exec-path" or word.startswith(UNKNOWN):
            break
    return words, elsewhere


def _whole_tree(call: Call, sub: str) -> None:
    """The command rewrites whatever differs, anywhere in the working tree."""
    try:
        call.reach.check(call.reach.root, call.state.folders, "rewrite files in", tree=True)
    except Denied as why:
        names = ", ".join(call.reach.names()[:3])
        raise Denied(
            f"`git {sub}` rewrites whatever differs, and whether that is protected ({names}, …) cannot be seen"
        ) from why


def _paths(call: Call, verb: str, operands: list[str]) -> None:
    """Judge pathspecs: a pattern's ``*`` matches slashes, too, and a folder stands for all that is in it."""
    for each in operands:
        if each.startswith(":"):
            if each.startswith((":/", ":(top)")) and is_plain(each):
                place = each.removeprefix(":(top)").removeprefix(":/")
                call.change_tree(verb, _pattern(f"{call.reach.root}/{place}"))
                continue
            raise Denied(f"`git` would {verb} {quoted(shown(each))}, a kind of path that this check does not read")
        call.change_tree(verb, _pattern(each))


def _pattern(path: str) -> str:
    return path.replace("*", BELOW).replace(ANY_NAME, BELOW).replace("?", ONE).replace("[", BELOW)


def _split_paths(call: Call) -> tuple[list[str], list[str] | None]:
    """The words before ``--`` and those after it; None without one."""
    if "--" not in call.words:
        return call.words, None
    at = call.words.index("--")
    return call.words[:at], call.words[at + 1 :]


def _checkout(call: Call) -> None:
    before, paths = _split_paths(call)
    if any(word.startswith("--pathspec-from-file") for word in before):
        call.deny("checkout reads its paths from a file")
    options = Options(before, "bB", frozenset(["orphan", "conflict"]))
    made = options.values("b", "B", "orphan")
    if paths is not None:
        if not paths:
            _whole_tree(call, "checkout")
        _paths(call, "check out", paths)
    elif made:
        start = options.operands[:1]
        if start not in ([], ["HEAD"]) or options.has("orphan", "f", "force"):
            _whole_tree(call, "checkout")
    elif options.operands:
        _checkout_words(call, options.operands)
    elif options.has("d", "detach", "f", "force", "m", "merge", "p", "patch") or "-" in before:
        _whole_tree(call, "checkout")


def _checkout_words(call: Call, operands: list[str]) -> None:
    """Without ``--``, the first word is a path when there is one: git refuses a name that is a branch as well."""
    if not _exists(call, operands[0]):
        if len(operands) == 1:
            _whole_tree(call, "checkout")
        operands = operands[1:]
    _paths(call, "check out", operands)


def _exists(call: Call, path: str) -> bool:
    return is_plain(path) and all(
        is_plain(each) and os.path.lexists(os.path.join(each, path)) for each in call.state.folders
    )


def _switch(call: Call) -> None:
    options = call.options("cC", ["create", "force-create", "orphan", "conflict"])
    made = options.values("c", "C", "create", "force-create")
    started = [each for each in options.operands if each != "HEAD"]
    if not made or started or options.has("f", "force", "discard-changes", "orphan"):
        _whole_tree(call, "switch")


def _restore(call: Call) -> None:
    before, paths = _split_paths(call)
    options = Options(before, "s", frozenset(["source", "conflict", "pathspec-from-file"]))
    if options.has("pathspec-from-file"):
        call.deny("restore reads its paths from a file")
    if options.has("S", "staged") and not options.has("W", "worktree"):
        return
    _paths(call, "restore", [*options.operands, *(paths or [])])


def _stash(call: Call) -> None:
    kind = next((word for word in call.words if not word.startswith("-")), "push")
    if kind in ("list", "show", "drop", "clear", "create", "store"):
        return
    before, paths = _split_paths(call)
    if kind == "push":
        options = Options(before, "m", frozenset(["message", "pathspec-from-file"]))
        named = [*(each for each in options.operands if each != "push"), *(paths or [])]
        if named and not options.has("pathspec-from-file"):
            _paths(call, "stash", named)
            return
    _whole_tree(call, "stash")


def _reset(call: Call) -> None:
    """Without ``--hard`` and its like only the index and the branch move."""
    modes = ("--hard", "--merge", "--keep", "-p", "--patch", "--recurse-submodules")
    if (
        any(word.startswith("--") and len(word) > 3 and any(m.startswith(word) for m in modes) for word in call.words)
        or "-p" in call.words
        or any(UNKNOWN in word for word in call.words)
    ):
        _whole_tree(call, "reset")


def _clean(call: Call) -> None:
    before, paths = _split_paths(call)
    options = Options(before, "e", frozenset(["exclude"]))
    if not options.has("n", "dry-run"):
        _paths(call, "remove files in", [*options.operands, *(paths or [])] or ["."])


def _remove(call: Call) -> None:
    before, paths = _split_paths(call)
    options = Options(before, "", frozenset(["pathspec-from-file"]))
    if options.has("pathspec-from-file"):
        call.deny("rm reads its paths from a file")
    if not options.has("cached", "n", "dry-run"):
        _paths(call, "remove", [*options.operands, *(paths or [])])


def _move(call: Call) -> None:
    options = call.options("", ())
    if not options.has("n", "dry-run"):
        target = options.operands[-1:]
        _paths(call, "move", options.operands)
        for source in options.operands[:-1]:
            call.change_tree("write", f"{target[0]}/{source.rstrip('/').rpartition('/')[2]}")


def _apply(call: Call) -> None:
    options = call.options("pC", ["directory", "exclude", "include", "whitespace", "build-fake-ancestor"])
    if options.has("check", "stat", "numstat", "summary") and not options.has("apply"):
        return
    if options.has("cached") and not options.has("index", "3", "3way"):
        return
    text = patch_text(call, [each for each in options.operands if each != "-"])
    if text is None:
        _whole_tree(call, "apply")
        return
    strips = options.values("p")
    strip = int(strips[-1]) if strips and strips[-1].isdigit() else 1
    folder = [*options.values("directory"), "."][0]
    # Paths count from the top of the working tree; from below it git takes the folder's own.
    for start in (call.reach.root, "."):
        call.change_tree("patch", *[f"{start}/{folder}/{path}" for path in patched_paths(text, strip)])


def _read_tree(call: Call) -> None:
    if not {"-n", "--dry-run"} & set(call.words):
        _whole_tree(call, "read-tree")


def _checkout_index(call: Call) -> None:
    options = call.options("", ["prefix", "stage"])
    if options.has("temp"):
        return
    for prefix in options.values("prefix"):
        call.change_tree("write", f"{prefix}{BELOW}")
    if not options.has("prefix"):
        if options.has("a", "all", "stdin", "z"):
            _whole_tree(call, "checkout-index")
        _paths(call, "check out", options.operands)


_JUDGES: dict[str, Callable[[Call], None]] = {
    "checkout": _checkout,
    "switch": _switch,
    "restore": _restore,
    "stash": _stash,
    "reset": _reset,
    "clean": _clean,
    "rm": _remove,
    "mv": _move,
    "apply": _apply,
    "read-tree": _read_tree,
    "checkout-index": _checkout_index,
}


def _other(call: Call, sub: str) -> None:
    """Commands that leave the working tree alone, but may write a file that they are told, or git's own settings."""
    words = call.words
    for index, word in enumerate(words):
        if word.startswith(("--output=", "--output-directory=")):
            call.write(word.partition("=")[2])
        elif word in ("--output", "--output-directory", "-o") and sub in (
            "archive",
            "format-patch",
            "diff",
            "log",
            "show",
        ):
            call.write(*words[index + 1 : index + 2])
        elif sub in ("difftool", "grep") and word.startswith(("-x", "--extcmd", "-O", "--open-files")):
            call.deny(f"{sub} is told to run a program")
    if sub in ("bundle", "merge-file", "config", "mergetool"):
        call.hand_over(words)
    if sub == "submodule" and "foreach" in words:
        call.shell(" ".join(words[words.index("foreach") + 1 :]))
    elif sub == "worktree" and words[:1] in (["add"], ["remove"], ["move"]):
        operands = Options(words[1:], "bB", frozenset(["reason"])).operands
        call.change_tree("write", *(operands[:1] if words[0] == "add" else operands))
    elif sub in ("clone", "init"):
        operands = call.options(
            "bcjou", ["branch", "depth", "origin", "template", "initial-branch", "reference"]
        ).operands
        place = operands[-1] if len(operands) > (sub == "clone") else None
        call.write(f"{place or '.'}/.git/config" if sub == "init" else place or _last_name(operands))
    elif sub == "lfs" and words[:1] in (["checkout"], ["pull"], ["install"], ["migrate"]):
        _whole_tree(call, "lfs")
    elif _writes_settings(sub, words):
        call.write(f"{call.reach.root}/.git/config")


def _last_name(operands: list[str]) -> str:
    return "".join(operands[:1]).rstrip("/").rpartition("/")[2].removesuffix(".git") or "."


def _writes_settings(sub: str, words: list[str]) -> bool:
    """Whether ``.git/config`` is written."""
    if sub == "config":
        asks = {"--get", "--get-all", "--get-regexp", "--list", "-l", "get", "list", "--get-urlmatch", "--get-color"}
        other = {"--global", "--system"}
        plain = [word for word in words if not word.startswith("-")]
        return not (set(words) & (asks | other)) and (len(plain) > 1 or bool({"--unset", "-e", "--edit"} & set(words)))
    if sub == "remote":
        return words[:1] in [["add"], ["remove"], ["rm"], ["rename"], ["set-url"], ["set-branches"]]
    if sub == "branch":
        changing = ("-u", "--set-upstream-to", "--unset-upstream", "--edit-description", "-m", "-M", "--track", "-t")
        return any(word.startswith(changing) for word in words)
    return sub == "push" and any(word in ("-u", "--set-upstream") for word in words)
