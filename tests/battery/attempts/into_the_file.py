"""Change the bytes of the file where it lies."""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os

from tests.battery.attempt import CHANGED, Place, attempt, not_here, shell, write
from tests.battery.kernel import libc, ok

GROUP = "into the file"


@attempt(GROUP)
def open_for_writing(place: Place) -> None:
    """open(O_WRONLY) and write."""
    descriptor = os.open(place.spec, os.O_WRONLY)
    os.write(descriptor, CHANGED)


@attempt(GROUP)
def open_for_appending(place: Place) -> None:
    """open(O_WRONLY|O_APPEND) and write."""
    os.write(os.open(place.spec, os.O_WRONLY | os.O_APPEND), CHANGED)


@attempt(GROUP)
def open_and_truncate(place: Place) -> None:
    """open(O_RDWR|O_TRUNC)."""
    os.open(place.spec, os.O_RDWR | os.O_TRUNC)


@attempt(GROUP)
def open_for_reading_and_truncate(place: Place) -> None:
    """open(O_RDONLY|O_TRUNC) empties a file without opening it for writing."""
    os.open(place.spec, os.O_RDONLY | os.O_TRUNC)


@attempt(GROUP)
def truncate_by_name(place: Place) -> None:
    """truncate(2) on the path."""
    os.truncate(place.spec, 3)


@attempt(GROUP, long=True)
def truncate_by_descriptor(place: Place) -> None:
    """ftruncate(2) on a descriptor that can write."""
    os.ftruncate(os.open(place.spec, os.O_RDWR), 100_000)


@attempt(GROUP)
def map_and_write(place: Place) -> None:
    """A shared writable mapping."""
    with mmap.mmap(os.open(place.spec, os.O_RDWR), 0) as pages:
        pages[:4] = b"evil"
        pages.flush()


@attempt(GROUP, long=True)
def map_read_only_then_mprotect(place: Place) -> None:
    """A shared mapping of a descriptor that can write, made writable later."""
    descriptor = os.open(place.spec, os.O_RDWR)
    libc.mmap.restype = ctypes.c_void_p
    where = libc.mmap(None, ctypes.c_size_t(4096), mmap.PROT_READ, mmap.MAP_SHARED, descriptor, ctypes.c_long(0))
    ok(libc.mprotect(ctypes.c_void_p(where), ctypes.c_size_t(4096), mmap.PROT_READ | mmap.PROT_WRITE))
    ctypes.memmove(where, b"evil", 4)


@attempt(GROUP, long=True)
def write_at_an_offset(place: Place) -> None:
    """pwritev(2) into the middle."""
    os.pwritev(os.open(place.spec, os.O_RDWR), [b"ev", b"il"], 4)


@attempt(GROUP)
def write_past_the_cache(place: Place) -> None:
    """open(O_DIRECT) and write an aligned block."""
    try:
        descriptor = os.open(place.spec, os.O_WRONLY | os.O_DIRECT)
    except OSError as error:
        if error.errno == 22:
            not_here("the file system has no O_DIRECT")
        raise
    block = mmap.mmap(-1, 4096)
    block.write(CHANGED)
    os.write(descriptor, block)


@attempt(GROUP)
def punch_a_hole(place: Place) -> None:
    """fallocate(PUNCH_HOLE) turns bytes into zeros."""
    _fallocate(place, 0x03)


@attempt(GROUP, long=True)
def zero_a_range(place: Place) -> None:
    """fallocate(ZERO_RANGE)."""
    _fallocate(place, 0x10)


@attempt(GROUP, long=True)
def make_it_longer(place: Place) -> None:
    """posix_fallocate(3) beyond the end."""
    os.posix_fallocate(os.open(place.spec, os.O_RDWR), 0, 8192)


def _fallocate(place: Place, mode: int) -> None:
    descriptor = os.open(place.spec, os.O_RDWR)
    if libc.fallocate(descriptor, mode, ctypes.c_long(0), ctypes.c_long(8)):
        if ctypes.get_errno() == 95:
            not_here("the file system cannot do it")
        raise OSError(ctypes.get_errno(), "fallocate")


def _source() -> int:
    path = os.path.join(os.environ["O"], "source")
    write(path)
    return os.open(path, os.O_RDONLY)


@attempt(GROUP)
def copy_a_range(place: Place) -> None:
    """copy_file_range(2) from another file."""
    os.copy_file_range(_source(), os.open(place.spec, os.O_RDWR), len(CHANGED))


@attempt(GROUP)
def clone_a_file(place: Place) -> None:
    """ioctl(FICLONE), as `cp --reflink` does."""
    source = _source()
    target = os.open(place.spec, os.O_RDWR)
    try:
        fcntl.ioctl(target, 0x40049409, source)
    except OSError as error:
        if error.errno in {22, 95}:
            not_here("the file system shares no blocks")
        raise


@attempt(GROUP, long=True)
def sendfile_into_it(place: Place) -> None:
    """sendfile(2) from another file."""
    os.sendfile(os.open(place.spec, os.O_RDWR), _source(), 0, len(CHANGED))


@attempt(GROUP)
def splice_a_pipe_into_it(place: Place) -> None:
    """splice(2) from a pipe."""
    reading, writing = os.pipe()
    os.write(writing, CHANGED)
    os.splice(reading, os.open(place.spec, os.O_WRONLY), len(CHANGED))


@attempt(GROUP, long=True)
def splice_a_pipe_into_what_was_opened_to_read(place: Place) -> None:
    """vmsplice and splice onto a read-only descriptor of the file, then a plain write."""
    reading, writing = os.pipe()
    readonly = os.open(place.spec, os.O_RDONLY)
    try:
        os.splice(readonly, writing, 1, offset_src=0)
        os.write(writing, CHANGED)
        os.splice(reading, readonly, len(CHANGED))
    except OSError:
        pass
    write(place.spec)


@attempt(GROUP)
def reopen_a_reading_descriptor(place: Place) -> None:
    """Open for reading, then open /proc/self/fd/N for writing."""
    descriptor = os.open(place.spec, os.O_RDONLY)
    write(f"/proc/self/fd/{descriptor}")


@attempt(GROUP, long=True)
def reopen_a_path_descriptor(place: Place) -> None:
    """open(O_PATH), then /proc/self/fd/N for writing."""
    descriptor = os.open(place.spec, os.O_PATH)
    write(f"/proc/self/fd/{descriptor}")


@attempt(GROUP, long=True)
def through_dev_fd(place: Place) -> None:
    """The same through /dev/fd."""
    descriptor = os.open(place.spec, os.O_RDONLY)
    write(f"/dev/fd/{descriptor}")


@attempt(GROUP, long=True)
def through_the_own_root(place: Place) -> None:
    """The path below /proc/self/root."""
    write("/proc/self/root" + place.spec)


@attempt(GROUP)
def through_the_own_working_directory(place: Place) -> None:
    """chdir into the folder, then /proc/self/cwd."""
    os.chdir(place.folder)
    write("/proc/self/cwd/spec.yaml")


@attempt(GROUP, long=True)
def through_the_task_of_a_thread(place: Place) -> None:
    """The path below /proc/thread-self/root."""
    write("/proc/thread-self/root" + place.spec)


@attempt(GROUP)
def relative_to_a_directory_descriptor(place: Place) -> None:
    """openat(2) below an O_PATH descriptor of the folder."""
    write("spec.yaml", directory=os.open(place.folder, os.O_PATH | os.O_DIRECTORY))


@attempt(GROUP, long=True)
def by_dots(place: Place) -> None:
    """A path with `..`, doubled slashes and a trailing dot component."""
    write(f"{place.run}/..//task/./../task/spec.yaml")


@attempt(GROUP)
def through_a_symbolic_link(place: Place) -> None:
    """A symbolic link in a writable folder that points at the spec."""
    link = os.path.join(place.run, "link")
    os.symlink(place.spec, link)
    write(link)


@attempt(GROUP, long=True)
def through_a_link_to_the_folder(place: Place) -> None:
    """A symbolic link outside the repository that points at the folder."""
    link = os.path.join(place.outside, "folder")
    os.symlink(place.folder, link)
    write(link + "/spec.yaml")


@attempt(GROUP)
def by_a_hard_link_made_inside(place: Place) -> None:
    """link(2) into a writable folder, then write to the second name."""
    second = os.path.join(place.run, "second")
    os.link(place.spec, second)
    write(second)


@attempt(GROUP)
def by_a_hard_link_of_a_descriptor(place: Place) -> None:
    """linkat(2) of /proc/self/fd/N into a writable folder, then write to the second name."""
    second = os.path.join(place.outside, "second")
    descriptor = os.open(place.spec, os.O_PATH)
    ok(libc.linkat(-100, f"/proc/self/fd/{descriptor}".encode(), -100, second.encode(), 0x400))
    write(second)


@attempt(GROUP)
def chmod_then_write(place: Place) -> None:
    """Give the write permission back to oneself."""
    try:
        os.chmod(place.folder, 0o777)
        os.chmod(place.spec, 0o666)
    finally:
        write(place.spec)


@attempt(GROUP, long=True)
def fchmod_then_write(place: Place) -> None:
    """fchmod(2) on a descriptor that was opened for reading."""
    descriptor = os.open(place.spec, os.O_RDONLY)
    try:
        os.fchmod(descriptor, 0o666)
    finally:
        write(place.spec)


@attempt(GROUP, long=True)
def become_another_thread_with_another_user(place: Place) -> None:
    """setfsuid(2) and back, then write: a changed file system user drops rights that a guard may lean on."""
    libc.setfsuid(os.geteuid() + 1)
    libc.setfsuid(os.geteuid())
    write(place.spec)


@attempt(GROUP, long=True)
def with_every_limit_raised(place: Place) -> None:
    """Set RLIMIT_FSIZE and umask, and write as a new session leader."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard) if soft != hard else (soft, hard))
    os.umask(0)
    if os.fork() == 0:
        os.setsid()
        write(place.spec)
        os._exit(0)
    os.wait()


# One of each kind is made in every test run.
_QUICK = {"redirect", "redirect and append", "dd", "truncate", "git config into its folder", "perl", "bash"}

for _name, _says, _text in (
    ("redirect", "`> spec`.", 'echo changed > "$S"'),
    ("redirect and append", "`>> spec`.", 'echo changed >> "$S"'),
    ("redirect read and write", "`<> spec`, which truncates nothing.", 'printf evil 1<> "$S"'),
    ("redirect over noclobber", "`>| spec`.", 'set -C; echo changed >| "$S"'),
    ("tee", "`tee spec`.", 'echo changed | tee "$S"'),
    ("dd", "`dd of=spec`.", 'dd if="$NEW" of="$S"'),
    ("dd in place", "`dd conv=notrunc of=spec`.", 'dd if="$NEW" of="$S" conv=notrunc'),
    ("truncate", "`truncate -s 0 spec`.", 'truncate -s 0 "$S"'),
    ("fallocate", "`fallocate --punch-hole`.", 'fallocate --punch-hole -o 0 -l 8 "$S" || fallocate -l 9999 "$S"'),
    ("shred", "`shred` overwrites and removes.", 'shred -n 1 -u "$S"'),
    ("cp over it", "`cp new spec`.", 'cp "$NEW" "$S"'),
    ("cat in the folder", "`cd` into the folder and write a relative name.", 'cd "$D" && cat "$NEW" > spec.yaml'),
    ("chmod and redirect", "`chmod -R u+w`, then `>`.", 'chmod -R u+w "$D"; echo changed > "$S"'),
    ("sort onto it", "`sort -o spec`.", 'sort -o "$S" "$NEW"'),
    ("uniq onto it", "`uniq new spec`.", 'uniq "$NEW" "$S"'),
    (
        "git config into its folder",
        "`git config -f` writes any file, through a lock beside it.",
        'git config -f "$D/limits.yaml.ini" evil.key changed',
    ),
    ("mkswap", "`mkswap spec` writes a header.", 'truncate -s 99999 "$S" && PATH="$PATH:/usr/sbin:/sbin" mkswap "$S"'),
    ("awk", "`awk` prints into a file.", 'awk \'BEGIN { print "changed" > ENVIRON["S"] }\''),
    ("sed w", "The `w` command of `sed`.", 'cd "$D" && sed -n \'w spec.yaml\' "$NEW"'),
    ("perl", "`perl -e` opens and prints.", 'perl -e \'open F, ">", $ENV{S} or die; print F "changed"\''),
    (
        "perl sysopen",
        "`perl` with sysopen.",
        "perl -MFcntl -e 'sysopen F, $ENV{S}, O_RDWR or die; syswrite F, \"evil\"'",
    ),
    ("python", "`python -c` opens and writes.", '"$PY" -c \'import os; open(os.environ["S"], "w").write("changed")\''),
    ("bash", "A redirection of `bash` with a descriptor of its own.", "bash -c 'exec 7>>\"$S\"; echo changed >&7'"),
    ("script", "`script` records a session into the file.", 'script -q -c "echo changed" "$S"'),
):
    shell(GROUP, _name, _says, _text, programs=("script",) if _name == "script" else (), long=_name not in _QUICK)

shell(
    GROUP,
    "ed",
    "The editor `ed` writes in place.",
    "printf '1s/.*/changed/\\nw\\nq\\n' | ed -s \"$S\"",
    programs=("ed",),
    long=True,
)
shell(
    GROUP,
    "rsync in place",
    "`rsync --inplace`.",
    'rsync --inplace --ignore-times "$NEW" "$S"',
    programs=("rsync",),
    long=True,
)
shell(
    GROUP,
    "sqlite",
    "`sqlite3` writes its answer into a file.",
    "sqlite3 :memory: \".output '$S'\" 'select 1;'",
    programs=("sqlite3",),
    long=True,
)
shell(
    GROUP,
    "node",
    "`node` opens and writes.",
    "node -e 'fs.writeFileSync(process.env.S, \"changed\")'",
    programs=("node",),
    long=True,
)
shell(
    GROUP,
    "openssl",
    "`openssl enc -out spec`.",
    'openssl base64 -in "$NEW" -out "$S"',
    programs=("openssl",),
    long=True,
)
shell(GROUP, "curl", "`curl -o spec` of a local file.", 'curl -s -o "$S" "file://$NEW"', programs=("curl",), long=True)
