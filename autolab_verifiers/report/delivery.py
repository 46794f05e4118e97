"""Bringing an answer to where it goes: a file, or whoever reads the command's output."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from autolab_core.vocab.errors import UsageError
from autolab_verifiers.report.formats import TEXT, Answer, Output, render_as

__all__ = ["deliver", "say"]


def deliver(output: Output, answer: Answer, *, verbosity: int = 0) -> None:
    """Put *answer* where *output* says. Raises StoreError (the old file is kept), UsageError when it cannot be printed.

    Only text knows *verbosity*, and only text on a terminal has colours.
    """
    if output.path is not None:
        from autolab_core.io.atomic import write_bytes

        write_bytes(output.path, render_as(output.format, answer, verbosity=verbosity))
    elif output.format == TEXT:
        from autolab_verifiers.report.text import render

        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        say(render(answer.judgement, verbosity=verbosity, colour=colour), sys.stdout)
    else:
        say(render_as(output.format, answer), sys.stdout)


def say(text: str | bytes, stream: TextIO) -> None:
    """Write *text*; a reader who has gone away (``| head``) does not change the answer.

    Bytes are for programs and written as they are, whatever the stream's encoding. Raises UsageError.
    """
    try:
        if isinstance(text, bytes):
            stream.flush()
            stream.buffer.write(text)
        else:
            encoding = stream.encoding or "utf-8"
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        # The interpreter flushes once more at its end, and must find somewhere to flush to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except OSError as error:
        raise UsageError(f"the answer cannot be printed: {error.strerror}") from error
