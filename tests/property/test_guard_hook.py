"""Whatever a harness sends: the hook says yes or no, soon, and nothing else."""

from __future__ import annotations

import json
import subprocess
import time

from hypothesis import example, given, settings
from hypothesis import strategies as st

from autolab_core.guard.hook.harness import denial, judge_call, read_call
from autolab_core.guard.hook.judge import judge_command
from autolab_core.guard.hook.reach import Reach
from autolab_core.guard.hook.shell.grammar import read_command_line
from autolab_core.guard.hook.shell.nodes import ShellProblem
from autolab_core.guard.hook.verdict import Denied
from autolab_core.guard.zones import Zones

ROOT = "/nonexistent/repo"
REACH = Reach(ROOT, Zones(True, {f"{ROOT}/experiments": False}))
# Pieces of which command lines are made, so that random ones get further than their first quote.
_PIECES = (
    *"abc \t\n;&|<>()[]{}$`'\"\\!*?~#=+-/.,%^@:0129",
    *(
        " ; ",
        " && ",
        " || ",
        " | ",
        "$(",
        "${",
        "$((",
        "))",
        "<<",
        "<<-EOF\n",
        "<<<",
        ">>",
        ">&",
        "&>",
        "2>&1",
        "\nEOF\n",
    ),
    *("if ", " then ", " else ", " fi", "for x in ", " do ", " done", "case x in ", " esac", "function f ", "f() "),
    *("while ", "[[ ", " ]]", "((", "{ ", "; }", "$'", '$"', "\\\n", "{a,b}", "{1..3}", "..", "~/", "$x", "${x%y}"),
    *("rm ", "cd ", "echo ", "sed -i s/a/b/ ", "git ", "checkout ", "find ", " -exec ", "xargs ", "eval ", "bash -c "),
    *(
        "python -c ",
        "experiments",
        "experiments/exp-001.md",
        "awk ",
        "tar xf ",
        "-C ",
        "env ",
        "timeout 5 ",
        "--",
        " -rf ",
    ),
    *(
        "set -- ",
        "read x",
        "export x=",
        "x=(",
        "dd of=",
        "patch ",
        "curl -o ",
        "unset x",
        "trap ",
        "shift",
        "local x=1",
    ),
)
LINES = st.lists(st.sampled_from(_PIECES), max_size=40).map("".join)


@settings(max_examples=300)
@given(text=st.one_of(st.text(max_size=200), LINES))
@example("$((" * 30)
@example("{a,b}" * 30)
@example("$(" * 2000)
@example("x=a;" * 3000)
@example("for a in 1 2; do " * 30 + "ls" + "; done" * 30)
@example("((" * 500)
@example("`" * 500)
@example("f() { f; }; f")
@example("f() { f & f; }; f")
@example('eval "eval \\"eval rm x\\""')
def test_any_text_is_judged_soon(text: str):
    begun = time.process_time()

    reason = judge_command(text, ROOT, REACH, {"HOME": "/nonexistent"})

    assert reason is None or (reason and "\n" not in reason)
    assert time.process_time() - begun < 5


@settings(max_examples=300)
@given(text=LINES.filter(lambda text: "\0" not in text))
def test_what_bash_refuses_to_parse_is_never_more_than_what_is_refused_here(text: str):
    """What is read here as a command line is one to bash, too: the two must not see different commands in it."""
    try:
        read_command_line(text)
    except ShellProblem:
        return

    # `-n` reads and runs nothing.
    done = subprocess.run(["bash", "-n"], input=text.encode(), capture_output=True, check=False, timeout=20)
    assert done.returncode == 0 or b"unexpected EOF" not in done.stderr, done.stderr


@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=100).map(str.encode)))
@example(b"[" * 200_000)
@example(b"{}")
@example(b"null")
@example(b'{"tool_name": "Bash", "tool_input": {"command": "\\ud800"}, "cwd": "/"}')
def test_any_bytes_are_a_call_or_are_refused(data: bytes):
    try:
        call = read_call(data)
    except Denied:
        return
    assert isinstance(call, dict)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)


@given(
    tool=st.one_of(st.sampled_from(["Bash", "Write", "Edit", "mcp__x__move_file", "apply_patch", "Read"]), JSON),
    given_to_it=st.one_of(
        st.fixed_dictionaries({}, optional={"command": JSON, "file_path": JSON, "path": JSON, "edits": JSON}), JSON
    ),
    folder=st.one_of(st.just(ROOT), JSON),
)
def test_any_object_is_judged_or_refused(tool: object, given_to_it: object, folder: object):
    try:
        why = judge_call({"tool_name": tool, "tool_input": given_to_it, "cwd": folder}, REACH, {})
    except (Denied, ValueError) as error:  # a NUL in a path; the command's top level denies on any error
        why = str(error)
    if why is not None:
        spoken, _ = denial(why)
        assert json.loads(spoken)["hookSpecificOutput"]["permissionDecision"] == "deny"
