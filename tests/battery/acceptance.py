"""Ordinary work that a guard must not disturb, and where it does at a level: what that costs."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import NamedTuple

from autolab_core.vocab.guard import GuardLevel, Profile

__all__ = ["WORKS", "Work"]

_NO_NEW_ENTRY = "no new entry can be made beside a protected one, and git puts its locks beside `.git/config`"


class Work(NamedTuple):
    """One piece of work, a program for ``sh -c`` that ends with 0 when everything went well."""

    name: str
    says: str
    text: str
    profiles: tuple[Profile, ...] = (Profile.AGENT, Profile.RUN)
    costs: Mapping[GuardLevel, str] = {}
    """Where it cannot be done, and why."""
    long: bool = False
    """It takes seconds: at the weaker levels it is left to ``make test-long``."""


def _shell(text: str) -> str:
    return "set -e\n" + textwrap.dedent(text).lstrip()


def _python(text: str) -> str:
    return f"\"$PY\" - <<'END'\n{textwrap.dedent(text).strip()}\nEND"


WORKS = (
    Work(
        "git commit",
        "A commit in the repository, of a file beside the protected ones.",
        _shell(
            """
            cd "$R"
            echo more >> notes.md
            git add notes.md
            git commit -q -m more
            git log -1 --format=%s | grep -q more
            """
        ),
        profiles=(Profile.AGENT,),
        costs={GuardLevel.LANDLOCK: _NO_NEW_ENTRY},
    ),
    Work(
        "git, reading",
        "`git status`, `log`, `diff` and `rev-parse` of the repository.",
        _shell(
            """
            cd "$R"
            git status --short
            git log --oneline | grep -q newer
            git diff --quiet HEAD~ -- notes.md
            git rev-parse HEAD
            """
        ),
    ),
    Work(
        "git init and commit",
        "A repository of its own in the run folder.",
        'cd "$W" && git init -q new && cd new && echo a > a && git add a && git commit -q -m a && git status --short',
    ),
    Work(
        "python -m venv, pip install",
        "A virtual environment in the run folder, with a wheel of the machine installed into it, without a network.",
        _python(
            """
            import os, subprocess, sys, venv, zipfile
            folder = os.environ["W"]
            wheel = folder + "/thing-1.0-py3-none-any.whl"
            with zipfile.ZipFile(wheel, "w") as made:
                made.writestr("thing.py", "ANSWER = 42\\n")
                made.writestr("thing-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: thing\\nVersion: 1.0\\n")
                tags = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
                made.writestr("thing-1.0.dist-info/WHEEL", tags)
                made.writestr("thing-1.0.dist-info/RECORD", "thing.py,,\\nthing-1.0.dist-info/RECORD,,\\n")
            subprocess.run([sys.executable, "-m", "venv", folder + "/venv"], check=True)
            python = folder + "/venv/bin/python"
            options = ["--no-index", "--no-deps", "--quiet", "--disable-pip-version-check", "--no-cache-dir"]
            subprocess.run([python, "-m", "pip", "install", *options, wheel], check=True)
            subprocess.run([python, "-c", "import thing; assert thing.ANSWER == 42"], check=True)
            """
        ),
        long=True,
    ),
    Work(
        "multiprocessing",
        "A pool of processes, a lock, and shared memory.",
        _python(
            """
            import multiprocessing, os
            from multiprocessing import shared_memory
            context = multiprocessing.get_context("fork")
            with context.Pool(2) as pool:
                assert pool.map(abs, range(-50, 50)) == [abs(n) for n in range(-50, 50)]
            shared = shared_memory.SharedMemory(create=True, size=64)
            lock = context.Lock()
            def child():
                with lock:
                    shared.buf[0] = 7
            process = context.Process(target=child)
            process.start()
            process.join()
            assert shared.buf[0] == 7
            shared.close()
            shared.unlink()
            """
        ),
    ),
    Work(
        "pytest",
        "A test run in the run folder, with its cache.",
        _shell(
            """
            cd "$W"
            printf "def test_it(tmp_path):\\n    (tmp_path / 'a').write_text('b')\\n" > test_it.py
            "$PY" -m pytest -q -p no:autolab --basetemp=base test_it.py
            """
        ),
    ),
    Work(
        "a tree of processes",
        "Pipes, background processes, waiting and a process group.",
        _shell(
            """
            test "$(seq 1 3000 | sort -rn | head -n 1)" = 3000
            (sleep 0.05; echo a > "$W/a") &
            wait
            cat "$W/a"
            timeout 5 sh -c "exit 0"
            """
        ),
    ),
    Work(
        "temporary files",
        "`mktemp`, and Python's tempfile.",
        't=$(mktemp -d) && echo a > "$t/a" && rm -r "$t" && '
        + _python(
            """
            import tempfile
            with tempfile.TemporaryFile() as one, tempfile.NamedTemporaryFile() as two:
                one.write(b"a")
                two.write(b"b")
            """
        ),
    ),
    Work(
        "devices",
        "The usual devices can be used, and those of accelerators are seen as they are outside.",
        _shell(
            """
            echo a > /dev/null
            head -c 8 /dev/urandom > "$W/r"
            { echo a > /dev/stdout; } | grep -q a
            shared=$(mktemp /dev/shm/autolab-battery-XXXXXX)
            echo a > "$shared"
            rm "$shared"
            found=$(ls -d /dev/nvidia* /dev/dri /dev/kfd /dev/infiniband 2>/dev/null | sort)
            test "$found" = "$DEVICES"
            """
        ),
    ),
    Work(
        "sqlite",
        "A data base with a write-ahead log.",
        _python(
            """
            import os, sqlite3
            with sqlite3.connect(os.environ["W"] + "/data.db") as base:
                assert base.execute("pragma journal_mode=wal").fetchone() == ("wal",)
                base.execute("create table t (a)")
                base.executemany("insert into t values (?)", [(n,) for n in range(100)])
            assert base.execute("select count(*) from t").fetchone() == (100,)
            """
        ),
    ),
    Work(
        "sockets of its own",
        "A server and a client on this machine's loopback, and on a socket in the run folder.",
        _python(
            """
            import asyncio, os
            async def echo(reader, writer):
                writer.write(await reader.readline())
                await writer.drain()
                writer.close()
            async def ask(reader, writer):
                writer.write(b"hello\\n")
                assert await reader.readline() == b"hello\\n"
                writer.close()
            async def main():
                server = await asyncio.start_server(echo, "127.0.0.1", 0)
                await ask(*await asyncio.open_connection(*server.sockets[0].getsockname()))
                path = os.environ["W"] + "/socket"
                await asyncio.start_unix_server(echo, path)
                await ask(*await asyncio.open_unix_connection(path))
            asyncio.run(main())
            """
        ),
    ),
    Work(
        "files in the run folder",
        "Folders, renames, links, permissions, locks, mappings, replacing and removing.",
        _shell(
            """
            cd "$W"
            mkdir -p a/b
            echo 1 > a/b/c
            ln a/b/c d
            ln -s d e
            mv a f
            chmod 700 f d
            touch -d 2020-01-01 d
            cp -a f g
            rm -r f
            """
        )
        + _python(
            """
            import fcntl, mmap, os
            with open("lock", "w+b") as held:
                fcntl.flock(held, fcntl.LOCK_EX)
                held.truncate(4096)
                with mmap.mmap(held.fileno(), 4096) as pages:
                    pages[:4] = b"text"
                os.fsync(held.fileno())
            os.replace("lock", "out.txt")
            os.truncate("out.txt", 10)
            """
        ),
    ),
    Work(
        "a program of its own",
        "A script that was just written is run, and a terminal of its own opened.",
        'cd "$W" && printf "#!/bin/sh\\nexit 0\\n" > go && chmod +x go && ./go && "$PY" -c "import pty; pty.openpty()"',
    ),
    Work(
        "signals among its own",
        "A child is stopped, continued and ended.",
        "sleep 9 & p=$!; kill -STOP $p && kill -CONT $p && kill -TERM $p && { wait $p; test $? = 143; }",
    ),
    Work(
        "reading the spec",
        "What is protected can be read, imported and copied.",
        _shell(
            """
            grep -q "task: alpha" "$S"
            cp "$S" "$W/copy"
            cd "$D"
            "$PY" -B -c "import score; assert score.WEIGHT == 1"
            """
        ),
    ),
    Work(
        "files beside the repository",
        "A file in the user's home folder and in a folder beside the repository.",
        'echo a > "$HOME/a" && echo b > "$O/b" && mv "$O/b" "$HOME/b"',
        profiles=(Profile.AGENT,),
    ),
    Work(
        "a new file beside a protected folder",
        "A new entry in the folder that the protected one lies in.",
        'echo a > "$E/new" && mkdir "$E/more" && rm -r "$E/new" "$E/more"',
        profiles=(Profile.AGENT,),
        costs={GuardLevel.LANDLOCK: "no new entry can be made in a folder that a protected one lies in"},
    ),
    Work(
        "a change beside a protected folder",
        "A file that was there before, in the repository's first folder.",
        'echo more >> "$R/notes.md"',
        profiles=(Profile.AGENT,),
    ),
)
