"""Make namespaces and mounts of one's own, to get at the file or from under the guard.

Each takes the escape's steps as far as they go and then writes by the plain path, so it works where nothing guards.
"""

from __future__ import annotations

import ctypes
import os

from tests.battery.attempt import CHANGED, Place, attempt, best_effort, not_here, read, seen, shell, write
from tests.battery.kernel import CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUSER, libc, ok, syscall

GROUP = "namespaces"
VIEW = "own view"
_MS_RDONLY, _MS_REMOUNT, _MS_BIND, _MS_MOVE, _MS_REC, _MS_PRIVATE = 1, 32, 4096, 8192, 16384, 1 << 18
_MNT_DETACH = 2


def _mount(source: str, target: str, kind: str = "none", flags: int = 0, data: str = "") -> None:
    ok(libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), data.encode() or None))


def _umount(target: str) -> None:
    ok(libc.umount2(target.encode(), _MNT_DETACH))


def _new_namespaces(extra: int = 0) -> None:
    """A user and a mount namespace in which this process is root."""
    user, group = os.geteuid(), os.getegid()
    ok(libc.unshare(CLONE_NEWUSER | CLONE_NEWNS | extra))
    best_effort(write, "/proc/self/setgroups", b"deny")
    best_effort(write, "/proc/self/uid_map", f"0 {user} 1".encode())
    best_effort(write, "/proc/self/gid_map", f"0 {group} 1".encode())
    best_effort(_mount, "none", "/", "none", _MS_REC | _MS_PRIVATE)


@attempt(GROUP)
def unmount_what_lies_over_it(place: Place) -> None:
    """In namespaces of its own: unmount every mount above the spec, then write."""
    best_effort(_new_namespaces)
    for path in (place.spec, place.folder, place.experiments, place.repo):
        best_effort(_umount, path)
    write(place.spec)


@attempt(GROUP)
def remount_writable(place: Place) -> None:
    """In namespaces of its own: remount what lies over it for writing."""
    best_effort(_new_namespaces)
    for path in (place.spec, place.folder, place.experiments, place.repo, "/"):
        best_effort(_mount, "none", path, "none", _MS_REMOUNT | _MS_BIND)
    write(place.spec)


@attempt(GROUP)
def bind_the_repository_elsewhere(place: Place) -> None:
    """In namespaces of its own: bind the writable parent to another place, without the mounts below it."""
    best_effort(_new_namespaces)
    other = os.path.join(place.outside, "other")
    os.mkdir(other)
    best_effort(_mount, place.experiments, other, "none", _MS_BIND)
    write(other + "/task/spec.yaml") if os.path.exists(other + "/task/spec.yaml") else write(place.spec)


@attempt(GROUP)
def pivot_away_from_the_mounts(place: Place) -> None:
    """Hold the parent open, pivot_root(2) to an empty root, unmount the old one, write through the descriptor."""
    held = os.open(place.experiments, os.O_PATH | os.O_DIRECTORY)

    def pivot() -> None:
        _new_namespaces()
        root = os.path.join(place.outside, "root")
        os.mkdir(root)
        _mount("tmpfs", root, "tmpfs")
        os.mkdir(root + "/old")
        os.chdir(root)
        syscall("pivot_root", b".", b"old")
        _umount("/old")

    best_effort(pivot)
    write("task/spec.yaml", directory=held)


@attempt(GROUP)
def unlink_after_the_mounts_are_gone(place: Place) -> None:
    """The same, but unlinkat(2) of the folder's entries through the descriptor."""
    held = os.open(place.experiments, os.O_PATH | os.O_DIRECTORY)

    def detach() -> None:
        _new_namespaces()
        _umount(place.folder)

    best_effort(detach)
    os.unlink("task/spec.yaml", dir_fd=held)


@attempt(GROUP, long=True)
def move_the_mount_away(place: Place) -> None:
    """In namespaces of its own: mount --move what lies over the folder, then write."""
    best_effort(_new_namespaces)
    other = os.path.join(place.outside, "other")
    os.mkdir(other)
    best_effort(_mount, place.folder, other, "none", _MS_MOVE)
    write(place.spec)


@attempt(GROUP)
def a_detached_copy_of_the_mount(place: Place) -> None:
    """open_tree(OPEN_TREE_CLONE) of the parent without what is mounted below, then write through it."""

    def clone() -> None:
        _new_namespaces()
        tree = syscall("open_tree", -100, place.experiments.encode(), 1 | os.O_CLOEXEC)
        write("task/spec.yaml", directory=tree)

    best_effort(clone)
    write(place.spec)


@attempt(GROUP)
def clear_the_read_only_flag(place: Place) -> None:
    """mount_setattr(2) clears the read-only flag of every mount below the root."""

    class Attributes(ctypes.Structure):
        _fields_ = tuple((name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns"))

    def clear(namespaces: bool) -> None:
        if namespaces:
            _new_namespaces()
        wanted = Attributes(0, _MS_RDONLY, 0, 0)
        syscall("mount_setattr", -100, place.folder.encode(), 0x8000, ctypes.byref(wanted), ctypes.sizeof(wanted))

    best_effort(clear, False)
    best_effort(clear, True)
    write(place.spec)


@attempt(GROUP)
def a_new_proc_of_its_own(place: Place) -> None:
    """Mount another /proc and go through the roots of all processes that it shows."""

    def look() -> None:
        _new_namespaces(CLONE_NEWPID)
        proc = os.path.join(place.outside, "proc")
        os.mkdir(proc)
        _mount("proc", proc, "proc")
        for pid in filter(str.isdigit, os.listdir(proc)):
            best_effort(write, f"{proc}/{pid}/root{place.spec}")

    best_effort(look)
    write(place.spec)


@attempt(GROUP)
def through_the_root_of_the_first_process(place: Place) -> None:
    """/proc/1/root and /proc/PPID/root, then the plain path."""
    for pid in (1, os.getppid()):
        best_effort(write, f"/proc/{pid}/root{place.spec}")
    write(place.spec)


@attempt(GROUP, long=True)
def leave_the_root(place: Place) -> None:
    """chroot(2) and climb out of it with a descriptor that was opened before."""
    held = os.open("/", os.O_RDONLY)

    def climb() -> None:
        best_effort(_new_namespaces)
        os.chroot(place.outside)
        os.fchdir(held)
        for _ in range(40):
            os.chdir("..")
        os.chroot(".")

    best_effort(climb)
    write(place.spec)


@attempt(GROUP)
def every_namespace_in_sight(place: Place) -> None:
    """setns(2) into the namespaces of every process that can be seen, then write."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        for kind in ("user", "mnt"):
            try:
                namespace = os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY)
                if os.stat(namespace).st_ino == os.stat(f"/proc/self/ns/{kind}").st_ino:
                    continue
            except OSError:
                continue
            if os.fork() == 0:
                libc.setns(namespace, 0)
                best_effort(os.truncate, place.spec, 3)
                os._exit(0)
            os.wait()
    write(place.spec)


@attempt(GROUP)
def a_file_handle(place: Place) -> None:
    """open_by_handle_at(2), in namespaces of its own where needed, then the plain path."""
    from tests.battery.attempts.kernel_ways import open_by_handle

    best_effort(lambda: os.write(open_by_handle(place.spec), CHANGED))
    best_effort(_new_namespaces)
    best_effort(lambda: os.write(open_by_handle(place.spec), CHANGED))
    write(place.spec)


@attempt(GROUP, long=True)
def as_root_of_a_user_namespace(place: Place) -> None:
    """Become root of a user namespace, with every capability in it, then chmod and write."""
    best_effort(_new_namespaces)
    best_effort(os.chmod, place.spec, 0o666)
    write(place.spec)


for _name, _says, _text, _programs in (
    (
        "bwrap in bwrap",
        "A sandbox of its own that binds the folder for writing.",
        'bwrap --dev-bind / / --bind "$D" "$D" sh -c "echo changed > \'$S\'"',
        ("bwrap",),
    ),
    (
        "bwrap with another name",
        "A sandbox that binds the parent to another name.",
        'mkdir "$O/x"; bwrap --dev-bind / / --bind "$E" "$O/x" sh -c "echo changed > \'$O/x/task/spec.yaml\'"',
        ("bwrap",),
    ),
    (
        "unshare",
        "`unshare -Urm`, unmount, write.",
        "unshare -Urm sh -c \"umount -l '$D'; umount -l '$R'; echo changed > '$S'\"",
        ("unshare",),
    ),
    (
        "unshare with a new proc",
        "`unshare -Urmpf --mount-proc`.",
        "unshare -Urmpf --mount-proc sh -c \"echo changed > '$S'\" || unshare -Ur sh -c \"echo changed > '$S'\"",
        ("unshare",),
    ),
    (
        "nsenter",
        "`nsenter` into the first process, then write.",
        'nsenter -t 1 -m true 2>/dev/null; nsenter -t 1 -m sh -c "echo changed > \'$S\'" || echo changed > "$S"',
        ("nsenter",),
    ),
    (
        "chroot",
        "`unshare -r chroot /` and write.",
        'PATH="$PATH:/usr/sbin" unshare -r chroot / sh -c "echo changed > \'$S\'"',
        ("unshare",),
    ),
):
    shell(GROUP, _name, _says, _text, programs=_programs, long=_name not in {"bwrap in bwrap", "unshare"})


def _needs_namespaces() -> None:
    try:
        _new_namespaces()
    except OSError as error:
        not_here(f"no user namespaces: {error}")


@attempt(VIEW, proof="view")
def a_file_bound_over_it(place: Place) -> None:
    """Bind a changed file over the spec in a mount namespace of its own: its children read the changed one."""
    changed = os.path.join(place.outside, "changed")
    write(changed)
    _needs_namespaces()
    _mount(changed, place.spec, "none", _MS_BIND)
    _look(place)


@attempt(VIEW, proof="view")
def an_empty_file_system_over_it(place: Place) -> None:
    """Mount a tmpfs over the folder in a mount namespace of its own, with a changed spec in it."""
    _needs_namespaces()
    _mount("tmpfs", place.folder, "tmpfs")
    write(place.spec)
    _look(place)


@attempt(VIEW, proof="view")
def an_overlay_over_it(place: Place) -> None:
    """Mount an overlay over the folder in a mount namespace of its own and write into the upper layer."""
    _needs_namespaces()
    upper, work = place.outside + "/upper", place.outside + "/work"
    _mount("tmpfs", place.outside, "tmpfs")
    os.mkdir(upper)
    os.mkdir(work)
    try:
        _mount("overlay", place.folder, "overlay", 0, f"lowerdir={place.folder},upperdir={upper},workdir={work}")
    except OSError as error:
        if error.errno == 19:
            not_here("the kernel has no overlay")
        raise
    _umount(place.outside)
    write(place.spec)
    _look(place)


@attempt(
    VIEW, proof="view", limit="a parent decides what its children see; the supervisor's own reading is what counts"
)
def a_parent_that_lies(place: Place) -> None:
    """A parent answers its child's questions itself: the child is told that another file is the spec."""
    child = "import os, sys; sys.stdout.write(open(os.environ['S']).read())"
    changed = os.path.join(place.outside, "changed.yaml")
    write(changed)
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.dup2(writing, 1)
        os.execve(os.environ["PY"], ["python", "-I", "-S", "-c", child], os.environ | {"S": changed})
    os.wait()
    if os.read(reading, 100) == CHANGED:
        seen(place)


shell(
    VIEW,
    "a library that lies",
    "LD_PRELOAD replaces open(3) for a child, which then reads another file.",
    """
    cp "$NEW" "$O/c"
    cat > "$O/l.c" <<END
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <string.h>
    int open(const char *path, int flags, ...) {
        int (*real)(const char *, int, int) = dlsym(RTLD_NEXT, "open");
        return real(strstr(path, "spec.yaml") ? "$O/c" : path, flags, 0);
    }
END
    gcc -shared -fPIC -o "$O/l.so" "$O/l.c" && LD_PRELOAD="$O/l.so" cat "$S" | grep -q changed && echo yes > "$O/seen"
    """,
    proof="view",
    programs=("gcc",),
    limit="a parent decides what its children see; the supervisor's own reading is what counts",
)


def _look(place: Place) -> None:
    if read(place.spec) == CHANGED:
        # The own view may hide the place where it is noted, so it is said to the parent on standard output.
        print("SEEN", flush=True)
