"""Leave the bytes alone and change what the name stands for: rename, remove, replace, add."""

from __future__ import annotations

import os
import shutil
import socket

from tests.battery.attempt import CHANGED, Place, attempt, not_here, read, seen, shell, write
from tests.battery.kernel import exchange, libc, ok

GROUP = "names"
_AT_FDCWD = -100


def _copy_beside(place: Place) -> str:
    """A changed copy of the folder, in a place that may be written."""
    copy = os.path.join(place.run, "copy")
    shutil.copytree(place.folder, copy)
    os.chmod(copy, 0o755)
    os.chmod(copy + "/spec.yaml", 0o644)
    write(copy + "/spec.yaml")
    return copy


@attempt(GROUP)
def rename_over_it(place: Place) -> None:
    """Write a new file and rename it over the spec."""
    write(place.run + "/new")
    os.rename(place.run + "/new", place.spec)


@attempt(GROUP, long=True)
def rename_over_it_from_beside(place: Place) -> None:
    """Write a new file in the spec's own folder and rename it over the spec."""
    write(place.folder + "/new")
    os.rename(place.folder + "/new", place.spec)


@attempt(GROUP)
def rename_it_away(place: Place) -> None:
    """rename(2) the spec to another folder."""
    os.rename(place.spec, place.run + "/old")


@attempt(GROUP, long=True)
def rename_it_inside_its_folder(place: Place) -> None:
    """rename(2) the spec within its folder."""
    os.rename(place.spec, place.folder + "/old.yaml")


@attempt(GROUP, long=True)
def exchange_files(place: Place) -> None:
    """renameat2(EXCHANGE) with another file."""
    write(place.run + "/new")
    exchange(place.run + "/new", place.spec)


@attempt(GROUP)
def exchange_folders(place: Place) -> None:
    """renameat2(EXCHANGE) of the folder with a changed copy."""
    exchange(_copy_beside(place), place.folder)


@attempt(GROUP)
def exchange_the_parent(place: Place) -> None:
    """renameat2(EXCHANGE) of the folder above with a changed copy of it."""
    copy = os.path.join(place.repo, "copy")
    shutil.copytree(place.experiments, copy)
    os.chmod(copy + "/task", 0o755)
    os.chmod(copy + "/task/spec.yaml", 0o644)
    write(copy + "/task/spec.yaml")
    exchange(copy, place.experiments)


@attempt(GROUP)
def unlink(place: Place) -> None:
    """unlink(2)."""
    os.unlink(place.spec)


@attempt(GROUP, long=True)
def unlink_by_descriptor(place: Place) -> None:
    """unlinkat(2) below a descriptor of the folder."""
    os.unlink("spec.yaml", dir_fd=os.open(place.folder, os.O_RDONLY | os.O_DIRECTORY))


@attempt(GROUP, long=True)
def unlink_and_make_again(place: Place) -> None:
    """unlink(2), then a new file of the same name."""
    os.unlink(place.spec)
    write(place.spec)


@attempt(GROUP)
def make_again_with_the_same_bytes(place: Place) -> None:
    """Replace the file by another with the same bytes, which can be changed at leisure."""
    content = read(place.spec)
    # As long as it is open its inode is not free, which the next file would get.
    with open(place.spec, "rb"):
        os.unlink(place.spec)
        write(place.spec, content)


@attempt(GROUP)
def rename_the_folder_away(place: Place) -> None:
    """rename(2) the protected folder and put a changed copy into its place."""
    copy = _copy_beside(place)
    os.rename(place.folder, place.run + "/old")
    os.rename(copy, place.folder)


@attempt(GROUP)
def rename_the_parent_away(place: Place) -> None:
    """rename(2) the folder above the protected one and build a changed one."""
    os.rename(place.experiments, place.repo + "/old")
    os.makedirs(place.folder)
    write(place.spec)


@attempt(GROUP)
def rename_the_repository_away(place: Place) -> None:
    """rename(2) the whole repository and build a changed one."""
    os.rename(place.repo, place.outside + "/old")
    os.makedirs(place.folder)
    write(place.spec)


@attempt(GROUP)
def rename_what_holds_the_repository(place: Place) -> None:
    """rename(2) the folder that the repository lies in."""
    above = os.path.dirname(place.repo)
    os.rename(above, above + "-old")
    os.makedirs(place.folder)
    write(place.spec)


@attempt(GROUP)
def replace_the_folder_by_a_symbolic_link(place: Place) -> None:
    """Put a symbolic link to a changed copy where the folder was."""
    copy = _copy_beside(place)
    os.rename(place.folder, place.run + "/old")
    os.symlink(copy, place.folder)


@attempt(GROUP)
def replace_the_parent_by_a_symbolic_link(place: Place) -> None:
    """Put a symbolic link to a changed tree where the folder above was."""
    copy = os.path.join(place.outside, "copy")
    shutil.copytree(place.experiments, copy)
    os.rename(place.experiments, place.outside + "/old")
    os.symlink(copy, place.experiments)


@attempt(GROUP)
def replace_the_spec_by_a_symbolic_link(place: Place) -> None:
    """Put a symbolic link where the spec was."""
    write(place.run + "/new")
    os.unlink(place.spec)
    os.symlink(place.run + "/new", place.spec)


@attempt(GROUP)
def remove_the_tree(place: Place) -> None:
    """Remove the folder with everything in it."""
    shutil.rmtree(place.folder)


@attempt(GROUP)
def a_new_file_beside_it(place: Place) -> None:
    """A new name in the protected folder."""
    write(place.folder + "/extra.yaml")


@attempt(GROUP, long=True)
def a_new_folder_beside_it(place: Place) -> None:
    """mkdir(2) in the protected folder."""
    os.mkdir(place.folder + "/extra")


@attempt(GROUP, long=True)
def a_new_fifo_beside_it(place: Place) -> None:
    """mkfifo(3) in the protected folder."""
    os.mkfifo(place.folder + "/extra")


@attempt(GROUP, long=True)
def a_new_socket_beside_it(place: Place) -> None:
    """bind(2) of a socket in the protected folder."""
    os.chdir(place.folder)
    socket.socket(socket.AF_UNIX).bind("extra")


@attempt(GROUP, long=True)
def a_new_symbolic_link_beside_it(place: Place) -> None:
    """symlink(2) in the protected folder."""
    os.symlink("/etc/passwd", place.folder + "/extra")


@attempt(GROUP)
def a_new_hard_link_beside_it(place: Place) -> None:
    """link(2) of a file of ours into the protected folder."""
    write(place.run + "/new")
    os.link(place.run + "/new", place.folder + "/extra.yaml")


@attempt(GROUP, long=True)
def a_second_name_of_the_spec_beside_it(place: Place) -> None:
    """link(2) of the spec in its own folder."""
    os.link(place.spec, place.folder + "/extra.yaml")


@attempt(GROUP)
def a_nameless_file_given_a_name(place: Place) -> None:
    """O_TMPFILE in the protected folder, then linkat(2)."""
    try:
        descriptor = os.open(place.folder, os.O_TMPFILE | os.O_WRONLY)
    except OSError as error:
        if error.errno == 95:
            not_here("the file system has no O_TMPFILE")
        raise
    os.write(descriptor, CHANGED)
    link = f"/proc/self/fd/{descriptor}".encode()
    ok(libc.linkat(_AT_FDCWD, link, _AT_FDCWD, (place.folder + "/extra.yaml").encode(), 0x400))


@attempt(GROUP, long=True)
def a_nameless_file_from_elsewhere(place: Place) -> None:
    """O_TMPFILE in a writable folder, linked into the protected one."""
    descriptor = os.open(place.run, os.O_TMPFILE | os.O_WRONLY)
    os.write(descriptor, CHANGED)
    link = f"/proc/self/fd/{descriptor}".encode()
    ok(libc.linkat(_AT_FDCWD, link, _AT_FDCWD, (place.folder + "/extra.yaml").encode(), 0x400))


@attempt(GROUP, long=True)
def move_a_folder_into_it(place: Place) -> None:
    """rename(2) a folder of ours into the protected one."""
    os.mkdir(place.run + "/extra")
    os.rename(place.run + "/extra", place.folder + "/extra")


@attempt(GROUP)
def an_empty_folder_in_its_place(place: Place) -> None:
    """Move the children out one by one, remove the folder, make it again."""
    for name in os.listdir(place.folder):
        os.rename(f"{place.folder}/{name}", f"{place.run}/{name}")
    os.rmdir(place.folder)
    os.mkdir(place.folder)


@attempt(GROUP, proof="seen")
def rename_away_and_back(place: Place) -> None:
    """Swap a changed spec in, let it be read, and swap the true one back."""
    write(place.run + "/new")
    exchange(place.run + "/new", place.spec)
    if read(place.spec) == CHANGED:
        exchange(place.run + "/new", place.spec)
        seen(place)


@attempt(GROUP, proof="seen")
def swap_the_folder_for_a_moment(place: Place) -> None:
    """Exchange the folder with a changed copy and exchange it back, a thousand times."""
    copy = _copy_beside(place)
    for _ in range(1000):
        exchange(copy, place.folder)
    seen(place)


@attempt(GROUP)
def race_a_swap_against_whoever_resolves_the_path(place: Place) -> None:
    """One process swaps a link between a harmless file and the spec while another opens it for writing."""
    import time

    harmless, link, other = place.run + "/harmless", place.run + "/link", place.run + "/other"
    write(harmless)
    os.symlink(harmless, link)
    os.symlink(place.spec, other)
    if os.fork() == 0:
        ends = time.monotonic() + 0.2
        while time.monotonic() < ends:
            exchange(link, other)
        os._exit(0)
    ends = time.monotonic() + 0.25
    while time.monotonic() < ends:
        try:
            write(link, CHANGED)
        except OSError:
            continue
    os.wait()


@attempt(GROUP, proof="seen")
def change_it_and_put_the_old_bytes_back(place: Place) -> None:
    """Write, read the changed bytes, restore bytes and times."""
    held = read(place.spec)
    before = os.stat(place.spec)
    write(place.spec)
    if read(place.spec) == CHANGED:
        write(place.spec, held)
        os.utime(place.spec, ns=(before.st_atime_ns, before.st_mtime_ns))
        seen(place)


shell(
    GROUP,
    "write through a hard link that was there before",
    "The file had a second name in a writable folder before anything was sealed.",
    'echo changed > "$W/second"',
    before='ln "$S" "$W/second"',
    limit="a name made before the guard leads to the same bytes; a file with more than one name is refused",
)
# One of each kind is made in every test run.
_QUICK = {"mv over it", "mv the folder", "rm -rf", "ln over it", "sed -i", "tar over it", "gzip", "mktemp"}

for _name, _says, _text in (
    ("mv over it", "`mv -f new spec`.", 'cp "$NEW" "$W/new"; mv -f "$W/new" "$S"'),
    ("mv the folder", "`mv task old; mkdir task`.", 'cd "$E" && mv task old && mkdir task && cp "$NEW" task/spec.yaml'),
    ("rm -rf", "`rm -rf task`.", 'rm -rf "$D"'),
    ("cp without the old one", "`cp --remove-destination`.", 'cp --remove-destination "$NEW" "$S"'),
    ("ln over it", "`ln -f new spec`.", 'cp "$NEW" "$W/new"; ln -f "$W/new" "$S"'),
    ("ln -s over it", "`ln -sf new spec`.", 'ln -sf "$NEW" "$S"'),
    ("install", "`install -m 644 new spec`.", 'install -m 644 "$NEW" "$S"'),
    ("sed -i", "`sed -i` writes a new file and renames it.", 'sed -i "s/^.*$/changed/" "$S"'),
    ("perl -i", "`perl -i -pe`.", 'perl -i -pe "s/^.*$/changed/" "$S"'),
    ("find -delete", "`find -name spec.yaml -delete`.", 'find "$R" -name spec.yaml -delete'),
    ("find -exec", "`find -exec sed -i`.", 'find "$E" -name "*.yaml" -exec sed -i "s/a/b/g" {} +'),
    ("xargs", "`xargs rm`.", 'echo "$S" | xargs rm -f'),
    (
        "tar over it",
        "`tar -x` over the folder.",
        'cd "$O" && mkdir -p t/task && cp "$NEW" t/task/spec.yaml && tar -C t -cf t.tar task && tar -C "$E" -xf t.tar',
    ),
    (
        "tar unlinks first",
        "`tar -x --unlink-first`.",
        'cd "$O" && cp "$NEW" spec.yaml && tar -cf t.tar spec.yaml && tar -C "$D" -U -xf t.tar',
    ),
    (
        "a python archive",
        "`python -m zipfile -e` over the folder.",
        'cd "$O" && cp "$NEW" spec.yaml && "$PY" -m zipfile -c t.zip spec.yaml && "$PY" -m zipfile -e t.zip "$D"',
    ),
    ("gzip", "`gzip spec` replaces it by another name.", 'gzip -f "$S"'),
    ("split", "`split` makes new files beside it.", 'split -b 4 "$S" "$D/part-"'),
    ("mktemp", "`mktemp` in the folder.", 'mktemp "$D/XXXXXX"'),
    ("compile beside it", "Python writes `__pycache__` beside what it imports.", '"$PY" -m compileall -q "$D"'),
    ("backup by cp", "`cp -b` renames the old one aside.", 'cp -b "$NEW" "$S"'),
    (
        "make",
        "A Makefile's rule writes it.",
        'cd "$W" && printf "all:\\n\\techo changed > \\"\\$\\$S\\"\\n" > Makefile && make -s',
    ),
):
    shell(GROUP, _name, _says, _text, programs=("make",) if _name == "make" else (), long=_name not in _QUICK)

shell(
    GROUP,
    "patch",
    "`patch` writes a new file and renames it.",
    "cd \"$D\" && printf -- '--- spec.yaml\\n+++ spec.yaml\\n@@ -1 +1 @@\\n-task: alpha\\n+task: evil\\n' | patch -p0",
    programs=("patch",),
    long=True,
)
shell(GROUP, "ex", "The editor `ex`.", "printf '1s/.*/changed/\\nwq!\\n' | ex -s \"$S\"", programs=("ex",), long=True)
shell(
    GROUP,
    "vim",
    "The editor `vim`, which writes a swap file beside it.",
    'vim -es -u NONE -c "%s/.*/changed/" -c "wq!" "$S"',
    programs=("vim",),
    long=True,
)
shell(
    GROUP,
    "rsync",
    "`rsync --delete` of a folder over the folder.",
    'mkdir "$O/t"; cp "$NEW" "$O/t/spec.yaml"; rsync -a --delete "$O/t/" "$D/"',
    programs=("rsync",),
    long=True,
)
shell(
    GROUP,
    "unzip",
    "`unzip -o` over the folder.",
    'cd "$O" && cp "$NEW" spec.yaml && "$PY" -m zipfile -c t.zip spec.yaml && unzip -qo t.zip -d "$D"',
    programs=("unzip",),
    long=True,
)
