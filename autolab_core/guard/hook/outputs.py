"""What programs print, as far as it follows from their words: for ``$(…)``, ``xargs``, ``read`` and piped commands."""

from __future__ import annotations

from collections.abc import Callable

from autolab_core.guard.hook.call import Call
from autolab_core.guard.hook.values import ANY_NAME, BELOW, UNKNOWN, is_plain, name_set

__all__ = ["printed_by"]

# One word without a slash, whatever their options.
_ONE_NAME = name_set("hostname whoami id nproc uname arch uuidgen wc seq date cksum logname tty getconf")


def printed_by(call: Call) -> str | None:
    """What the judged program prints: each line a possibility; None when that is not known."""
    name = call.name.rpartition("/")[2]
    judge = _PRINTERS.get(name)
    if judge is not None:
        return judge(call)
    if name in _ONE_NAME:
        return None if any("/" in word or ".." in word for word in call.words) else ANY_NAME
    return "" if name in ("true", ":", "false", "test", "[", "mkdir", "touch", "sleep", "rm") else None


def _echo(call: Call) -> str | None:
    words = list(call.words)
    escapes = False
    while words and words[0] in ("-n", "-e", "-E", "-ne", "-en"):
        escapes = escapes or "e" in words.pop(0)
    text = " ".join(words)
    return None if escapes and "\\" in text else f"{text}\n"


def _printf(call: Call) -> str | None:
    if not call.words or call.words[0] == "-v":
        return None
    form = call.words[0].replace("\\n", "\n").replace("\\0", "\n")
    if "%" not in form and "\\" not in form:
        return form
    return "".join(f"{word}\n" for word in call.words[1:]) if form.strip() == "%s" else None


def _working_folder(call: Call) -> str | None:
    folders = call.state.folders
    return f"{folders[0]}\n" if len(folders) == 1 and UNKNOWN not in folders[0] else None


def _temporary(call: Call) -> str | None:
    options = call.options("p", ["suffix"])
    if options.has("p", "tmpdir") or "TMPDIR" in call.state.variables:
        return None
    template = options.operands[0] if options.operands else "tmp.XXX"
    if "/" not in template and (options.has("t") or not options.operands):
        return f"/tmp/tmp.{ANY_NAME}"
    return template.replace("XXX", ANY_NAME)


def _base_name(call: Call) -> str | None:
    options = call.options("s", ["suffix"])
    several = options.has("a", "s", "multiple", "suffix")
    paths = options.operands if several else options.operands[:1]
    if not paths or any(UNKNOWN in path or BELOW in path for path in paths):
        return None
    names = [path.rstrip("/").rpartition("/")[2] for path in paths]
    if any(name in ("", ".", "..") for name in names):
        return None
    if len(names) == 1 and is_plain(names[0]) and len(options.operands) == 2 and not several:
        return names[0].removesuffix(options.operands[1])
    # A loop's variable stands for several files: the suffix may be a path of the next.
    return names[0] if len(call.words) == 1 else ANY_NAME


def _folder_name(call: Call) -> str | None:
    if len(call.words) != 1 or UNKNOWN in call.words[0] or BELOW in call.words[0]:
        return None
    return call.words[0].rstrip("/").rpartition("/")[0] or ("/" if call.words[0].startswith("/") else ".")


def _real_path(call: Call) -> str | None:
    paths = [word for word in call.words if not word.startswith("-")]
    folders = call.state.folders
    if len(paths) != 1 or UNKNOWN in paths[0]:
        return None
    if paths[0].startswith("/"):
        return paths[0]
    return f"{folders[0]}/{paths[0]}" if len(folders) == 1 and UNKNOWN not in folders[0] else None


def _below(paths: list[str]) -> str | None:
    if any(UNKNOWN in path for path in paths):
        return None
    return "\n".join(line for path in paths for line in (path, f"{path.rstrip('/')}/{BELOW}"))


def _find(call: Call) -> str | None:
    starts, tests = starting_points(call.words)
    if any(test in ("-printf", "-exec", "-execdir", "-ok", "-okdir", "-fprintf") for test in tests):
        return None
    return _below(starts)


def starting_points(words: list[str]) -> tuple[list[str], list[str]]:
    """Where ``find`` begins, and the rest of its words."""
    at = 0
    while at < len(words) and words[at] in ("-H", "-L", "-P"):
        at += 1
    end = at
    while end < len(words) and not words[end].startswith(("-", "(", "!", ")")):
        end += 1
    return words[at:end] or ["."], words[end:]


def _grep(call: Call) -> str | None:
    options = call.options("efmABCdDgtTrj", ["include", "exclude", "exclude-dir", "glob", "type", "regexp", "file"])
    if call.name in ("grep", "egrep", "fgrep"):
        options = call.options("efmABCdD", ["include", "exclude", "exclude-dir", "regexp", "file"])
    files = options.operands if options.has("e", "f", "regexp", "file", "files") else options.operands[1:]
    if options.has("l", "L", "files-with-matches", "files-without-match", "files"):
        return _below(files) if files else BELOW
    plain = not options.has("o", "c", "only-matching", "count", "n", "r", "R", "line-number", "replace")
    return call.given if not files and plain else None


def _fd(call: Call) -> str | None:
    options = call.options("etdExXjcSog", ["extension", "type", "max-depth", "exclude"])
    if options.has("x", "X", "exec", "exec-batch", "format"):
        return None
    return _below(options.operands[1:]) if len(options.operands) > 1 else BELOW


def _list(call: Call) -> str | None:
    options = call.options("Iw", ["ignore"])
    if options.has("l", "s", "i", "R", "g", "o", "format"):
        return None
    hidden = options.has("a", "A", "f", "all", "almost-all")
    return "\n".join([*options.operands, BELOW if hidden else ANY_NAME])


def _git(call: Call) -> str | None:
    words = list(call.words)
    if words[:2] == ["rev-parse", "--show-toplevel"]:
        inside = all(f"{folder}/".startswith(f"{call.reach.root}/") for folder in call.state.folders)
        return call.reach.root if inside else None
    if words[:1] == ["rev-parse"] and not any(
        "abbrev-ref" in word or "show" in word or "git" in word for word in words
    ):
        return ANY_NAME
    if words[:1] == ["ls-files"] or (words[:1] == ["diff"] and "--name-only" in words):
        return BELOW
    return None


def _filter(call: Call) -> str | None:
    """Programs that hand whole lines on."""
    options = call.options("nkStT", ["lines", "key"])
    changing = options.has(
        "c", "bytes", "b", "z", "s", "A", "E", "T", "v", "e", "i", "o", "separator", "zero-terminated"
    )
    if changing or (call.name == "cat" and options.found):
        return None
    return call.given if not [each for each in options.operands if each != "-"] or call.name == "tee" else None


_PRINTERS: dict[str, Callable[[Call], str | None]] = {
    "echo": _echo,
    "printf": _printf,
    "pwd": _working_folder,
    "mktemp": _temporary,
    "basename": _base_name,
    "dirname": _folder_name,
    "realpath": _real_path,
    "readlink": _real_path,
    "find": _find,
    "fd": _fd,
    "fdfind": _fd,
    "ls": _list,
    "git": _git,
    "rg": _grep,
    "grep": _grep,
    "egrep": _grep,
    "fgrep": _grep,
    **dict.fromkeys(("head", "tail", "sort", "uniq", "tac", "shuf", "cat", "tee"), _filter),
}
