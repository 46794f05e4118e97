"""What programs say when a transfer fails: the kind of fault, whether to try again, and what to do."""

from __future__ import annotations

import pytest

from autolab_core.transfer.rsync_exits import EXITS, exit_of
from autolab_core.transfer.words import last_lines, of_text, unreachable
from autolab_core.vocab.errors import RunnerError
from autolab_core.vocab.transfers import TransferFault

# rsync(1), "EXIT VALUES", without 0.
DOCUMENTED = {1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 20, 21, 22, 23, 24, 25, 30, 35}
# errcode.h of rsync's source has these too; 255 is ssh's own.
OTHERS = {15, 16, 19, 124, 125, 126, 127, 255}


def test_every_exit_code_has_its_words():
    assert set(EXITS) == DOCUMENTED | OTHERS
    for found in (*EXITS.values(), exit_of(-9), exit_of(77)):
        assert found.words
        assert found.advice


@pytest.mark.parametrize(
    ("code", "kind", "transient"),
    [
        (10, TransferFault.CONNECTIVITY, True),
        (11, TransferFault.DISK_SPACE, False),
        (12, TransferFault.CONNECTIVITY, True),
        (20, TransferFault.CONNECTIVITY, True),
        (23, TransferFault.CHANGED, True),
        (24, TransferFault.VANISHED, True),
        (30, TransferFault.CONNECTIVITY, True),
        (35, TransferFault.CONNECTIVITY, True),
        (127, TransferFault.REMOTE_PATH, False),
        (255, TransferFault.CONNECTIVITY, True),
        (-9, TransferFault.UNKNOWN, True),
        (77, TransferFault.UNKNOWN, False),
    ],
)
def test_what_an_exit_code_means(code, kind, transient):
    found = exit_of(code)
    assert (found.kind, found.transient) == (kind, transient)


@pytest.mark.parametrize(
    ("said", "kind", "transient"),
    [
        ('rsync: write failed on "/x": No space left on device (28)', TransferFault.DISK_SPACE, False),
        ("rsync: mkstemp failed: Disk quota exceeded (122)", TransferFault.DISK_SPACE, False),
        ('rsync: send_files failed to open "/x": Permission denied (13)', TransferFault.PERMISSION, False),
        ("ada@host: Permission denied (publickey,password).", TransferFault.CONNECTIVITY, False),
        ("Host key verification failed.", TransferFault.CONNECTIVITY, False),
        ("protocol version mismatch -- is your shell clean?", TransferFault.CONNECTIVITY, False),
        ("Received message too long 1463775084", TransferFault.CONNECTIVITY, False),
        ('file has vanished: "/x"', TransferFault.VANISHED, True),
        ("sha256sum: a: No such file or directory", TransferFault.VANISHED, True),
        ("ssh: connect to host h port 22: Connection refused", TransferFault.CONNECTIVITY, True),
        ("rsync: connection unexpectedly closed (0 bytes received)", TransferFault.CONNECTIVITY, True),
        ("[Receiver] io timeout after 120 seconds -- exiting", TransferFault.CONNECTIVITY, True),
        ("something new", TransferFault.UNKNOWN, False),
        ("", TransferFault.UNKNOWN, False),
    ],
)
def test_what_programs_say(said, kind, transient):
    error = of_text("host:/x: rsync ended with 23", said, program_exit=23)
    assert (error.kind, error.transient, error.program_exit) == (kind, transient, 23)
    assert str(error).startswith("host:/x: rsync ended with 23")
    assert said in str(error)


def test_the_telling_line_is_quoted_and_the_last_ones_are_kept():
    said = "x: No space left on device\n" + "".join(f"noise {number}\n" for number in range(4))
    error = of_text("rsync", said, there=True)
    assert "x: No space left on device; free some space and try again on the far side" in str(error)
    assert error.last_lines == ("x: No space left on device", "noise 0", "noise 1", "noise 2", "noise 3")
    assert last_lines("a\n\n\x1b[31mred\n" + "y" * 999) == ("a", "?[31mred", "y" * 300)


@pytest.mark.parametrize("why", ["read: Connection reset by peer", "Connection closed by remote host"])
def test_of_a_cut_connection_the_cause_is_quoted_and_not_what_rsync_makes_of_it(why):
    said = f"kex_exchange_identification: {why}\r\nConnection reset by h\r\nrsync: connection unexpectedly closed\n"

    error = of_text("rsync", said)

    assert str(error) == f"rsync: kex_exchange_identification: {why}; the connection was cut; try again"


@pytest.mark.parametrize("transient", [True, False])
def test_a_host_that_cannot_be_asked(transient):
    error = unreachable(RunnerError("cluster: Connection refused", transient=transient))
    assert (error.kind, error.transient) == (TransferFault.CONNECTIVITY, transient)
