"""A command whose output is read as it comes, and that can be stopped with all that it started."""

import os
import signal
import sys
import time

import pytest

from autolab_core.exec.processes import descendants
from autolab_core.exec.watched import Output, Watched
from autolab_core.vocab.errors import RunnerError


def watched(code, *, line_max=1000, **options):
    return Watched((sys.executable, "-c", code), cwd="/", env=dict(os.environ), line_max=line_max, **options)


def all_of(child):
    try:
        return [each for each in child.output(0.05) if each is not None], child.wait(5)
    finally:
        child.close()


def test_every_line_comes_with_where_it_came_from():
    output, code = all_of(
        watched("import sys; print('a'); print('b', flush=True); print('c', file=sys.stderr); sys.exit(3)")
    )

    assert [each.text for each in output if not each.error] == [b"a\n", b"b\n"]
    assert Output(b"c\n", error=True) in output
    assert code == 3


def test_lines_come_while_the_command_runs():
    child = watched("import time; print('first', flush=True); time.sleep(60)")
    try:
        first = next(each for each in child.output(0.05) if each is not None)
        assert (first.text, child.wait(0)) == (b"first\n", None)
    finally:
        child.close()


def test_a_line_without_an_end_is_a_line():
    assert all_of(watched("import sys; sys.stdout.write('x')"))[0] == [Output(b"x")]


def test_a_line_that_is_too_long_comes_in_pieces_that_are_no_lines():
    output, _ = all_of(watched("print('x' * 100_000); print('after')", line_max=1000))

    assert b"".join(each.text for each in output) == b"x" * 100_000 + b"\nafter\n"
    assert [each.text for each in output if each.whole] == [b"after\n"]


def test_a_command_that_is_not_there_says_so():
    with pytest.raises(RunnerError, match="nowhere"):
        Watched(("/nowhere",), cwd="/", env={}, line_max=10)


def test_who_closed_its_outputs_is_waited_for():
    _, code = all_of(watched("import os, time; os.close(1); os.close(2); time.sleep(0.3); os._exit(7)"))

    assert code == 7


def test_what_the_child_started_is_killed_and_the_child_is_not():
    start = "c = subprocess.Popen(['sh', '-c', 'sleep 60 & wait'])"
    child = watched(f"import subprocess, sys; {start}; print('up', flush=True); sys.exit(c.wait())")
    try:
        next(each for each in child.output(0.05) if each is not None)
        until = time.monotonic() + 5
        while not (below := descendants(child.pid, deeper_than=1)) and time.monotonic() < until:
            time.sleep(0.02)
        assert len(descendants(child.pid)) == 2

        child.kill_below()

        assert child.wait(5) is not None
        assert all(not os.path.exists(f"/proc/{pid}") or _zombie(pid) for pid in below)
    finally:
        child.close()


def test_a_signal_reaches_it():
    child = watched("import time; print('up', flush=True); time.sleep(60)")
    try:
        next(each for each in child.output(0.05) if each is not None)
        child.signal(signal.SIGTERM)
        assert child.wait(5) == -signal.SIGTERM
        child.signal(signal.SIGTERM)  # gone already: nothing happens
    finally:
        child.close()


def _zombie(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
