"""Change what is known about the file, not its bytes and not its name. Counted apart."""

from __future__ import annotations

import os

from tests.battery.attempt import Place, attempt, not_here, shell
from tests.battery.kernel import libc, ok, syscall

GROUP = "metadata"


@attempt(GROUP, proof="metadata")
def chmod(place: Place) -> None:
    """chmod(2)."""
    os.chmod(place.spec, 0o600)


@attempt(GROUP, proof="metadata")
def fchmodat2(place: Place) -> None:
    """fchmodat2(2), which filters of older system calls do not know."""
    try:
        syscall("fchmodat2", -100, place.spec.encode(), 0o600, 0)
    except OSError as error:
        if error.errno == 38:
            not_here("the kernel has no fchmodat2")
        raise


@attempt(GROUP, proof="metadata", long=True)
def chmod_of_a_path_descriptor(place: Place) -> None:
    """chmod(2) of /proc/self/fd/N."""
    os.chmod(f"/proc/self/fd/{os.open(place.spec, os.O_PATH)}", 0o600)


@attempt(GROUP, proof="metadata")
def set_times(place: Place) -> None:
    """utimensat(2) into the past."""
    os.utime(place.spec, (1, 1))


@attempt(GROUP, proof="metadata")
def set_an_extended_attribute(place: Place) -> None:
    """setxattr(2)."""
    try:
        os.setxattr(place.spec, "user.evil", b"1")
    except OSError as error:
        if error.errno == 95:
            not_here("the file system has no extended attributes")
        raise


@attempt(GROUP, proof="metadata")
def an_access_list(place: Place) -> None:
    """setxattr(2) of a POSIX access list for another user, as setfacl does."""
    import struct

    entries = ((1, 6, -1), (2, 6, 65534), (4, 4, -1), (16, 6, -1), (32, 4, -1))
    packed = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
    try:
        os.setxattr(place.spec, "system.posix_acl_access", packed)
    except OSError as error:
        if error.errno == 95:
            not_here("the file system has no access lists")
        raise


@attempt(GROUP, proof="metadata")
def link_it_elsewhere(place: Place) -> None:
    """link(2) out of the folder, which leaves a second name for later."""
    ok(libc.link(place.spec.encode(), (place.run + "/later").encode()))


shell(GROUP, "chmod the folder", "`chmod 700` of the protected folder.", 'chmod 700 "$D"', proof="metadata")
shell(GROUP, "touch", "`touch spec`.", 'touch "$S"', proof="metadata")
shell(
    GROUP,
    "chgrp",
    "`chown` to the own group and back, which changes ctime.",
    'chown "$(id -u):$(id -g)" "$S"',
    proof="metadata",
)
shell(GROUP, "chown", "`chown` to somebody else.", 'chown 65534 "$S"', root=True, proof="metadata")
shell(
    GROUP,
    "chattr",
    "`chattr +d`, a flag that no backup reads.",
    'chattr +d "$S"',
    proof="metadata",
    programs=("chattr",),
)
shell(
    GROUP,
    "setfacl",
    "`setfacl` for another user.",
    'setfacl -m u:65534:rw "$S"',
    proof="metadata",
    programs=("setfacl",),
)
