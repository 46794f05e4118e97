"""Programs that write, copy, move and remove files, by what each of their operands is to them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from autolab_core.guard.hook.call import Call
from autolab_core.guard.hook.values import BELOW, UNKNOWN, is_plain, placed
from autolab_core.guard.hook.verdict import Denied

__all__ = ["WRITERS", "copied_to"]

_Judge = Callable[[Call], None]


def _writes(short: str = "", long: Iterable[str] = (), *, verb: str = "write", unless: Iterable[str] = ()) -> _Judge:
    """Every operand is written, unless one of the options *unless* is given."""

    def judge(call: Call) -> None:
        options = call.options(short, long)
        if not options.has(*unless):
            for each in options.operands:
                call.reach.check(each, call.state.folders, verb)

    return judge


def _output(names: Iterable[str], short: str = "", long: Iterable[str] = ()) -> _Judge:
    """What is given to one of the options *names* is written; operands are read."""

    def judge(call: Call) -> None:
        call.write(*[each for each in call.options(short, long).values(*names) if each != "-"])

    return judge


def _remove(call: Call) -> None:
    options = call.options("", ())
    if options.unknown or options.has("r", "R", "recursive"):
        call.change_tree("remove", *options.operands)
    call.remove(*options.operands)


def _move(call: Call) -> None:
    options = call.options("tS", ["target-directory", "suffix"])
    sources, target = _sources(call, options.operands, options.values("t", "target-directory"))
    # A link that moves leads on to where it led: moving one is judged as moving what it leads to.
    call.change_tree("move", *sources)
    for place in copied_to(call, sources, target, whole=options.has("T", "no-target-directory")):
        call.change_tree("write", place)


def _copy(call: Call) -> None:
    options = call.options("tS", ["target-directory", "suffix"])
    sources, target = _sources(call, options.operands, options.values("t", "target-directory"))
    if options.has("l", "s", "link", "symbolic-link"):
        _link_to(call, sources, target)
    elif options.has("r", "R", "a", "d", "P", "recursive", "archive", "no-dereference"):
        _link_to(call, [each for each in sources if _is_link(call, each)], target)
    places = copied_to(call, sources, target, whole=options.has("T", "no-target-directory"))
    if options.has("parents"):
        places += [f"{target}/{source}" for source in sources]
    for place in places:
        if options.has("r", "R", "a", "recursive", "archive"):
            call.change_tree("write", place)
        call.write(place)


def _link(call: Call) -> None:
    options = call.options("tS", ["target-directory", "suffix"])
    operands = options.operands if len(options.operands) > 1 or options.has("t") else [*options.operands, "."]
    sources, target = _sources(call, operands, options.values("t", "target-directory"))
    _link_to(call, sources, target)
    for place in copied_to(call, sources, target, whole=options.has("T", "no-target-directory", "n", "no-dereference")):
        call.remove(place)
        call.write(place)


def _link_to(call: Call, sources: list[str], target: str) -> None:
    """A link is another way to what it leads to: none may lead to a protected path or to a folder that holds one."""
    for source in sources:
        beside = target if target.endswith("/") else f"{target}/.."
        for form in (source, placed(beside, source)):
            call.change_tree("give another name to", form)


def _is_link(call: Call, path: str) -> bool:
    return any(os.path.islink(os.path.join(folder, path)) for folder in call.state.folders)


def _sources(call: Call, operands: list[str], targets: list[str]) -> tuple[list[str], str]:
    if targets:
        return operands, targets[-1]
    if any(UNKNOWN in each for each in operands) and len(operands) < 2:
        raise Denied(f"`{call.name}` is given paths that cannot be seen from the command")
    return operands[:-1], operands[-1] if operands else "."


def copied_to(call: Call, sources: list[str], target: str, whole: bool = False) -> list[str]:
    """The paths that *sources* get: *target* itself, or names in it when it is a folder or may be one."""
    inside = [f"{target}/{_last(source)}" for source in sources]
    if whole:
        return [target]
    folder = target.rstrip("/").rpartition("/")[2] in ("", ".", "..") or target.endswith("/")
    if not folder and is_plain(target) and call.walk.trusting:
        folder = all(os.path.isdir(os.path.join(each, target)) for each in call.state.folders)
    return inside if folder and inside else [target, *inside]


def _last(source: str) -> str:
    if UNKNOWN in source:
        return UNKNOWN
    name = source.rstrip("/").rpartition("/")[2]
    # `cp -r a/. b` puts what is in `a` into `b` itself.
    return "." if name in (".", "..", "") else BELOW if BELOW in name else name


def _disk_dump(call: Call) -> None:
    call.write(*[word[3:] for word in call.words if word.startswith("of=")])
    if any(word.startswith(UNKNOWN) for word in call.words):
        raise Denied("`dd` is given words that cannot be seen from the command")


def _last_operand(short: str = "", long: Iterable[str] = ()) -> _Judge:
    def judge(call: Call) -> None:
        operands = call.options(short, long).operands
        if len(operands) > 1:
            call.write(operands[-1])

    return judge


def _sort(call: Call) -> None:
    call.write(*call.options("kStTo", ["output", "key", "field-separator"]).values("o", "output"))


def _split(call: Call) -> None:
    options = call.options("abClntx", ["lines", "bytes", "number", "suffix-length", "filter"])
    for text in options.values("filter"):
        call.shell(text)
    operands = options.operands
    start = operands[1] if len(operands) > 1 else "x"
    call.write(f"{start}{BELOW}")


def _split_by_pattern(call: Call) -> None:
    found = call.options("fnb", ["prefix", "digits", "suffix-format"]).values("f", "prefix")
    call.write(f"{found[-1] if found else 'xx'}{BELOW}")


def _compress(call: Call) -> None:
    options = call.options("SbT", ["suffix", "threads"])
    if options.has("c", "l", "t", "stdout", "to-stdout", "list", "test"):
        return
    for each in options.operands:
        call.change_tree("replace", each)


def _curl(call: Call) -> None:
    """Where the answer is kept: under a name that is given, or, with ``-O``, under the address's own."""
    options = call.options("oXHdFuAebcmrTwxyYzCDEKQtPU", [
        "output", "output-dir", "request", "header", "data", "data-raw", "data-binary", "form", "user", "user-agent",
        "dump-header", "cookie", "cookie-jar", "url", "max-time", "connect-timeout", "retry", "cacert", "cert", "key",
        "trace", "trace-ascii", "stderr", "etag-save", "proxy", "range", "referer", "upload-file", "write-out",
        "config",
    ])  # fmt: skip
    folder = [*options.values("output-dir"), "."][0]
    named = options.values("o", "output", "c", "cookie-jar", "D", "dump-header", "trace", "trace-ascii", "stderr")
    call.write(*[placed(folder, each) for each in named if each not in ("-", "")])
    call.write(*options.values("etag-save"))
    if options.has("K", "config"):
        call.deny("reads from a file what it writes")
    if options.has("O", "remote-name", "remote-name-all"):
        _named_by_address(call, folder, options.operands + options.values("url"))


def _wget(call: Call) -> None:
    options = call.options("oaOPtTwQUeiBARDIXl", [
        "output-document", "directory-prefix", "output-file", "append-output", "header", "user", "password", "tries",
        "timeout", "user-agent", "post-data", "post-file", "accept", "reject", "level", "input-file",
    ])  # fmt: skip
    named = options.values("o", "output-file", "a", "append-output", "O", "output-document")
    call.write(*[each for each in named if each != "-"])
    if options.has("spider") or options.has("O", "output-document"):
        return
    folder = [*options.values("directory-prefix", "P"), "."][0]
    if options.has(
        "r", "recursive", "m", "mirror", "x", "force-directories", "p", "page-requisites", "i", "input-file"
    ):
        call.change_tree("write files below", folder)
    _named_by_address(call, folder, options.operands)


def _named_by_address(call: Call, folder: str, addresses: list[str]) -> None:
    for address in addresses:
        call.write(f"{folder}/{address.rstrip('/').rpartition('/')[2].partition('?')[0] or 'index.html'}")


def _edit(call: Call) -> None:
    """An editor does what it is told on its command line or its standard input, running programs too."""
    options = call.options("cSp", ["cmd", "eval"])
    told = [*options.values("c", "S", "cmd", "eval"), call.given or ""]
    if any(mark in text for text in told for mark in ("!", "system", "shell", UNKNOWN)):
        call.deny("is told to run something that this check does not read")
    call.hand_over(word for text in told for word in text.split())
    for each in options.operands:
        call.reach.check(each.removeprefix("+"), call.state.folders, "edit")


def _hex_dump(call: Call) -> None:
    operands = call.options("cglos", ()).operands
    call.write(*operands[1:2])


def _format_in_place(short: str = "", long: Iterable[str] = (), *, needs: Iterable[str] = ()) -> _Judge:
    """A formatter rewrites all that it finds below its operands; with *needs* only when one of these is given."""

    def judge(call: Call) -> None:
        options = call.options(short, long)
        if options.has("check", "diff", "version", "help") or (needs and not options.has(*needs)):
            return
        call.change_tree("rewrite", *(options.operands or ["."]))

    return judge


def _ruff(call: Call) -> None:
    options = call.options("", ["config", "select", "ignore", "line-length", "target-version", "exclude"])
    if (options.operands[:1] == ["format"] and not options.has("check", "diff")) or options.has(
        "fix", "fix-only", "unsafe-fixes", "add-noqa"
    ):
        call.change_tree("rewrite", *(options.operands[1:] or ["."]))


WRITERS: dict[str, _Judge] = {
    "tee": _writes(),
    "touch": _writes("rdt", ["reference", "date", "time"]),
    "truncate": _writes("sr", ["size", "reference"]),
    "shred": _writes("nso", ["iterations", "size", "random-source"], verb="destroy"),
    "fallocate": _writes("lo", ["length", "offset"]),
    "sponge": _writes(),
    "mkdir": _writes("m", ["mode"], verb="make"),
    "mkfifo": _writes("m", ["mode"], verb="make"),
    "mknod": _writes("m", ["mode"], verb="make"),
    "rmdir": _writes(verb="remove"),
    "unlink": _remove,
    "rm": _remove,
    "trash": _remove,
    "mv": _move,
    "rename": _writes(verb="rename"),
    "cp": _copy,
    "scp": _last_operand("iPoFSlJ"),
    "ln": _link,
    "link": _link,
    "dd": _disk_dump,
    "sort": _sort,
    "uniq": _last_operand("fsw", ["skip-fields", "skip-chars", "check-chars"]),
    "split": _split,
    "csplit": _split_by_pattern,
    "less": _output(["o", "O", "log-file"], "oOkPpTtxyz", ["log-file"]),
    "tree": _output(["o"], "LPIoH", ["output"]),
    "iconv": _output(["o", "output"], "fto", ["output", "from-code", "to-code"]),
    "xxd": _hex_dump,
    "curl": _curl,
    "wget": _wget,
    "dos2unix": _writes(verb="rewrite"),
    "unix2dos": _writes(verb="rewrite"),
    **dict.fromkeys(("ed", "ex", "vi", "vim", "nvim", "nano", "emacs"), _edit),
    "yq": _format_in_place(needs=["i", "inplace"]),
    "gzip": _compress,
    "gunzip": _compress,
    "bzip2": _compress,
    "bunzip2": _compress,
    "xz": _compress,
    "unxz": _compress,
    "zstd": _compress,
    "unzstd": _compress,
    "lz4": _compress,
    "black": _format_in_place("lt", ["line-length", "target-version", "config", "exclude"]),
    "isort": _format_in_place("l", ["profile"]),
    "prettier": _format_in_place(needs=["write", "w"]),
    "mdformat": _format_in_place(),
    "autopep8": _format_in_place(needs=["i", "in-place"]),
    "yapf": _format_in_place(needs=["i", "in-place"]),
    "clang-format": _format_in_place(needs=["i"]),
    "eslint": _format_in_place(needs=["fix"]),
    "ruff": _ruff,
}
