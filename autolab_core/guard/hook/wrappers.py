"""Programs that run another command: they are looked through, and the command is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from autolab_core.guard.hook.call import Call
from autolab_core.guard.hook.outputs import starting_points
from autolab_core.guard.hook.values import BELOW, UNKNOWN, is_plain, placed
from autolab_core.guard.hook.verdict import Denied

__all__ = ["WRAPPERS"]

_Judge = Callable[[Call], None]


def _prefix(short: str = "", long: Iterable[str] = (), *, skip: int = 0) -> _Judge:
    """The command begins after the options and *skip* operands."""
    taking = frozenset(long)

    def judge(call: Call) -> None:
        rest = _after_options(call.words, short, taking)
        # Such as `time -o FILE` and `srun --output FILE`.
        call.hand_over(call.words[: len(call.words) - len(rest)])
        call.again(rest[skip:], call.given)

    return judge


def _after_options(words: list[str], short: str, long: frozenset[str]) -> list[str]:
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] != "-":
        word = words[at]
        at += 1
        if word == "--":
            break
        if word.startswith("--"):
            at += word[2:] in long
        elif any(letter in short for letter in word[1:]):
            first = next(index for index, letter in enumerate(word) if index and letter in short)
            at += first == len(word) - 1
    return words[at:]


def _environment(call: Call) -> None:
    words = list(call.words)
    state = call.state.copy()
    settings = dict(call.settings)
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if word in ("-u", "--unset"):
            words = words[1:]
        elif word in ("-C", "--chdir") or word.startswith(("--chdir=", "-C")):
            place = value if word.startswith("--chdir=") else word[2:] or "".join(words[:1])
            words = words if word[2:] or equals else words[1:]
            state.folders = tuple(placed(each, place) for each in state.folders)
        elif word in ("-S", "--split-string") or word.startswith(("-S", "--split-string=")):
            text = value if word.startswith("--") and equals else word[2:] if not word.startswith("--") else ""
            call.walk.run_text(" ".join([text, *words]) if text else " ".join(words), state)
            return
        elif word.startswith("-"):
            continue
        elif equals and name.isidentifier():
            settings[name] = None if UNKNOWN in value else (value,)
        else:
            call.walk.judge_words([word, *words], state, call.given, settings)
            return


def _timeout(call: Call) -> None:
    call.again(_after_options(call.words, "ks", frozenset(["kill-after", "signal"]))[1:], call.given)


def _watch(call: Call) -> None:
    words = _after_options(call.words, "nq", frozenset(["interval"]))
    call.shell(" ".join(words))


def _script(call: Call) -> None:
    options = call.options("cIOBTEo", ["command", "log-in", "log-out", "log-io", "log-timing"])
    for text in options.values("c", "command"):
        call.shell(text)
    call.write(*options.operands, *options.values("I", "O", "B", "T"))


def _trace(call: Call) -> None:
    words = call.words
    for index, word in enumerate(words):
        if word in ("-o", "--output"):
            call.write(*words[index + 1 : index + 2])
        elif word.startswith("-o"):
            call.write(word[2:])
    call.again(_after_options(words, "oeEpsSuaIOPXb", frozenset(["output", "trace"])), call.given)


def _lock(call: Call) -> None:
    """``flock FILE CMD…`` and ``flock FILE -c TEXT``."""
    rest = _after_options(call.words, "wE", frozenset(["timeout", "conflict-exit-code"]))
    call.write(*rest[:1])
    if rest[1:2] in (["-c"], ["--command"]):
        call.shell(" ".join(rest[2:3]))
    else:
        call.again(rest[1:])


def _arguments(call: Call) -> None:
    """``xargs``: the command gets what stands on standard input."""
    words, place, split = list(call.words), "", True
    while words and words[0].startswith("-") and words[0] != "-":
        word = words.pop(0)
        if word in ("-I", "--replace", "-i") or word.startswith(("-I", "-i", "--replace=")):
            place = word.partition("=")[2] if "=" in word else word[2:] or "{}"
            if word == "-I" and words:
                place = words.pop(0)
        elif word in ("-a", "--arg-file"):
            call.given, words = None, words[1:]
        elif word.startswith(("-a", "--arg-file=")):
            call.given = None
        elif word in ("-d", "--delimiter") or word.startswith(("-d", "--delimiter=")):
            split, words = False, words[1:] if word in ("-d", "--delimiter") else words
        elif word in ("-n", "-P", "-L", "-s", "-E", "--max-args", "--max-procs", "--max-lines"):
            words = words[1:]
    words = words or ["echo"]
    given = call.given
    # A quote or a backslash means something to it, and so does what it is told to split at.
    if given is None or not split or any(mark in given for mark in "'\"\\"):
        found = [UNKNOWN]
    else:
        found = [each for each in dict.fromkeys([*given.split("\n"), *given.split()]) if each]
    if place:
        for each in found:
            call.again([word.replace(place, each) for word in words])
    else:
        # All at once, or, with `-n` and its like, a few.
        for some in ([], [each for each in found if " " not in each], *([each] for each in found)):
            call.again([*words, *some])


def _parallel(call: Call) -> None:
    words = _after_options(call.words, "jNnPaSdI", frozenset(["jobs", "max-args", "results", "joblog", "colsep"]))
    command = words[: words.index(":::")] if ":::" in words else words
    values = words[words.index(":::") + 1 :] if ":::" in words else [UNKNOWN]
    for value in values:
        given = [word.replace("{}", value).replace("{.}", UNKNOWN).replace("{/}", UNKNOWN) for word in command]
        text = " ".join(given if given != command else [*command, value])
        if is_plain(text):
            call.shell(text)
        else:
            call.again(text.split(" "))


def _find(call: Call) -> None:
    starts, tests = starting_points(call.words)
    found = [each for start in starts for each in (start, f"{start.rstrip('/')}/{BELOW}")]
    at = 0
    while at < len(tests):
        test = tests[at]
        at += 1
        if test == "-delete":
            call.change_tree("remove files in", *starts)
        elif test in ("-fprint", "-fprint0", "-fls", "-fprintf"):
            call.write(*tests[at : at + 1])
        elif test in ("-exec", "-execdir", "-ok", "-okdir"):
            end = next((index for index in range(at, len(tests)) if tests[index] in (";", "+")), len(tests))
            _execute_on(call, tests[at:end], found)
            at = end
        elif test.startswith(UNKNOWN):
            raise Denied("`find` is given words that cannot be seen from the command")


def _execute_on(call: Call, command: list[str], found: list[str]) -> None:
    for each in found if any("{}" in word for word in command) else [""]:
        call.again([word.replace("{}", each) for word in command])


def _find_by_name(call: Call) -> None:
    """``fd -x CMD`` and ``fd -X CMD``: the command gets what was found, at its end when nothing says where."""
    words = call.words
    for index, word in enumerate(words):
        if word in ("-x", "-X", "--exec", "--exec-batch"):
            command = words[index + 1 :]
            starts = [each for each in words[1:index] if not each.startswith("-")] or ["."]
            found = [f"{start.rstrip('/')}/{BELOW}" for start in starts]
            if not any("{" in each for each in command):
                command = [*command, "{}"]
            _execute_on(call, [each if each != "{.}" else UNKNOWN for each in command], found)
            return


def _another_machine(call: Call) -> None:
    """``ssh HOST CMD``: the host may be this one."""
    rest = _after_options(call.words, "bcDEeFIiJLlmOopQRSWw", frozenset())
    text = " ".join(rest[1:])
    if text and is_plain(text):
        state = call.state.copy()
        homes = call.walk.expander.value("HOME", state)
        state.folders = homes or (UNKNOWN,)
        call.walk.run_text(text, state)


def _terminal(call: Call) -> None:
    """``tmux`` and ``screen`` run what they are told in a server that is not seen."""
    words = call.words
    quiet = {"ls", "list-sessions", "capture-pane", "attach", "a", "kill-session", "kill-server", "list-windows", "-ls"}
    if words and words[0] not in quiet and not (call.name == "screen" and words[0] in ("-r", "-list", "-x")):
        call.deny("runs commands where this check does not see them")


def _batch(call: Call) -> None:
    """``sbatch --wrap TEXT``; the words of a script are its own."""
    for text in call.options("", ["wrap"]).values("wrap"):
        call.shell(text)
    call.hand_over(word for word in call.words if not word.startswith("--wrap"))


def _module_runner(call: Call) -> None:
    """``uv run``, ``poetry run`` and their like; their other commands are judged as unknown programs."""
    if call.words[:1] == ["run"]:
        short, long = "pnN", frozenset(["with", "python", "extra", "group", "project", "directory", "name", "prefix"])
        call.again(_after_options(call.words[1:], short, long), call.given)


def _container(call: Call) -> None:
    """What a container mounts it may write."""
    words = call.words
    for index, word in enumerate(words):
        if word in ("-v", "--volume", "--mount", "-B", "--bind"):
            mounted = "".join(words[index + 1 : index + 2])
        elif word.startswith(("-v", "--volume=", "--mount=", "--bind=")):
            mounted = word.partition("=")[2] if word.startswith("--") else word[2:]
        else:
            continue
        if mounted.endswith(":ro") or "readonly" in mounted or ":ro," in mounted:
            continue
        for part in mounted.split(","):
            source = part.partition("=")[2] if part.startswith(("source=", "src=")) else part.partition(":")[0]
            if source.startswith((".", "/", "~", UNKNOWN)):
                call.change_tree("let a container write", source)


def _autolab(call: Call) -> None:
    """``autolab guard run -- CMD``: what that guard protects may be less than what is protected here."""
    if call.words[:2] == ["guard", "run"] and "--" in call.words:
        call.again(call.words[call.words.index("--") + 1 :], call.given)
    call.write(*call.options("", ["output"]).values("output"))


WRAPPERS: dict[str, _Judge] = {
    "env": _environment,
    "command": _prefix(),
    "builtin": _prefix(),
    "exec": _prefix("a"),
    "nohup": _prefix(),
    "time": _prefix("fo", ["format", "output"]),
    "timeout": _timeout,
    "nice": _prefix("n", ["adjustment"]),
    "ionice": _prefix("cn", ["class", "classdata"]),
    "chrt": _prefix("", skip=1),
    "taskset": _prefix("", skip=1),
    "numactl": _prefix("CNmip"),
    "stdbuf": _prefix("ioe", ["input", "output", "error"]),
    "setsid": _prefix(),
    "unbuffer": _prefix(),
    "catchsegv": _prefix(),
    "busybox": _prefix(),
    "toybox": _prefix(),
    "srun": _prefix("nNcptJwoeiAGqD", ["ntasks", "nodes", "partition", "time", "mem", "gres", "account", "chdir"]),
    "salloc": _prefix("nNcptJwAGq", ["ntasks", "nodes", "partition", "time", "mem", "gres", "account"]),
    "mpirun": _prefix("nxH", ["np", "host", "hostfile"]),
    "npx": _prefix("pc", ["package", "call"]),
    "watch": _watch,
    "script": _script,
    "strace": _trace,
    "ltrace": _trace,
    "flock": _lock,
    "xargs": _arguments,
    "parallel": _parallel,
    "find": _find,
    "fd": _find_by_name,
    "fdfind": _find_by_name,
    "ssh": _another_machine,
    "tmux": _terminal,
    "screen": _terminal,
    "sbatch": _batch,
    "uv": _module_runner,
    "poetry": _module_runner,
    "pipenv": _module_runner,
    "pdm": _module_runner,
    "hatch": _module_runner,
    "conda": _module_runner,
    "mamba": _module_runner,
    "coverage": _module_runner,
    "autolab": _autolab,
    "docker": _container,
    "podman": _container,
    "apptainer": _container,
    "singularity": _container,
}
