"""A container image for tests, made of this machine's own Python: no registry, no download, a few seconds.

It holds Python 3.11 with pip, a shell and a few small programs, what they link to, and the CA bundle. Debian's
own Python is taken where there is one: 3.11.2 is the oldest that a runner has to work with.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

__all__ = ["image", "python_of_image"]

_PROGRAMS = ("sh", "bash", "cat", "cp", "env", "id", "ls", "mkdir", "mv", "rm", "seq", "sleep", "tail", "touch", "true")
# glibc loads it when a thread ends early, and aborts without it; nothing is linked to it.
_LOADED = ("libgcc_s.so.1",)
_FILES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/os-release")
_WHEELS = Path("/usr/share/python-wheels")  # Debian's ensurepip has its wheels there
_LEFT_OUT = re.compile(r"/(__pycache__|test|tests|idlelib|tkinter|turtledemo|site-packages|config-3[^/]*)(/|$)")
_TEXTS = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n",
    "etc/group": "root:x:0:\nnogroup:x:65534:\n",
    "etc/nsswitch.conf": "hosts: files dns\n",
}
_MERGED = ("bin", "sbin", "lib", "lib64")
_LOCK = Path("/var/tmp") / f"autolab-test-image-{os.getuid()}.lock"


def python_of_image() -> str:
    """The interpreter of this machine that the image gets."""
    for path in ("/usr/bin/python3.11", sys._base_executable):  # type: ignore[attr-defined]
        if os.path.exists(path):
            return os.path.realpath(path)
    raise FileNotFoundError("python3.11")


def image(podman: str = "podman") -> str:
    """The image's name in *podman*'s store. It is made once for one state of the machine, whoever asks."""
    files = dict(_contents())
    state = [(target, os.stat(source).st_size, os.stat(source).st_mtime_ns) for target, source in files.items()]
    key = hashlib.sha256(json.dumps([state, Path(__file__).read_text()]).encode()).hexdigest()[:16]
    name = f"localhost/autolab-test:{key}"
    with _LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if subprocess.run([podman, "image", "exists", name], check=False).returncode != 0:
            _import(podman, name, files)
    return name


def _import(podman: str, name: str, files: dict[str, str]) -> None:
    with subprocess.Popen(
        [podman, "import", "--change", "ENV PATH=/usr/bin", "-", name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        with tarfile.open(fileobj=child.stdin, mode="w|") as archive:
            _write(archive, files)
        child.stdin.close()
        said = child.stdout.read()
    assert child.returncode == 0, said


def _write(archive: tarfile.TarFile, files: dict[str, str]) -> None:
    for folder, mode in {"tmp": 0o1777, "root": 0o700, "etc": 0o755, "usr": 0o755, "work": 0o777}.items():
        _add(archive, tarfile.TarInfo(folder), tarfile.DIRTYPE, mode)
    for name in _MERGED:
        _add(archive, tarfile.TarInfo(f"usr/{name}"), tarfile.DIRTYPE, 0o755)
        link = tarfile.TarInfo(name)
        link.linkname = f"usr/{name}"
        _add(archive, link, tarfile.SYMTYPE, 0o777)
    for name in ("python3", "python"):
        link = tarfile.TarInfo(f"usr/bin/{name}")
        link.linkname = python_of_image()
        _add(archive, link, tarfile.SYMTYPE, 0o777)
    for name, text in _TEXTS.items():
        entry = tarfile.TarInfo(name)
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text.encode()))
    folder, wheel = _pip()
    with zipfile.ZipFile(wheel) as content:
        for member in content.infolist():
            if not member.is_dir():
                entry = tarfile.TarInfo(f"{folder}/{member.filename}".lstrip("/"))
                entry.size = member.file_size
                archive.addfile(entry, io.BytesIO(content.read(member)))
    for target, source in files.items():
        entry = archive.gettarinfo(source, target.lstrip("/"))
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        if not entry.isreg():  # a second name of one file
            entry.type, entry.size = tarfile.REGTYPE, os.stat(source).st_size
        with open(source, "rb") as content:
            archive.addfile(entry, content)


def _add(archive: tarfile.TarFile, entry: tarfile.TarInfo, kind: bytes, mode: int) -> None:
    entry.type, entry.mode = kind, mode
    archive.addfile(entry)


def _contents() -> Iterator[tuple[str, str]]:
    """Path in the image -> file of this machine, sorted."""
    found: dict[str, str] = {}
    python = python_of_image()
    programs = [shutil.which(name) for name in _PROGRAMS]
    binaries = [python, *(program for program in programs if program is not None)]
    library = subprocess.check_output(
        [python, "-I", "-c", "import sysconfig; print(sysconfig.get_path('stdlib'))"], text=True
    ).strip()
    for folder in (library, str(_WHEELS)):
        for path in Path(folder).rglob("*"):
            if path.is_file() and not _LEFT_OUT.search(str(path)):
                found[str(path)] = str(path.resolve())
    extensions = [path for path in found if path.endswith(".so")]
    for path in (*binaries, *_FILES):
        if os.path.exists(path):
            found[_merged(path)] = os.path.realpath(path)
    linked = _linked([*binaries, *extensions])
    loaded = {f"{folder}/{name}" for folder in {os.path.dirname(path) for path in linked} for name in _LOADED}
    for path in (*linked, *filter(os.path.exists, loaded)):
        found[_merged(path)] = os.path.realpath(path)
    yield from sorted(found.items())


def _pip() -> tuple[str, str]:
    """Where the image's interpreter looks for packages, and the wheel of pip that its ``ensurepip`` has here."""
    asked = "import ensurepip, sysconfig; print(sysconfig.get_path('purelib')); print(ensurepip.__file__)"
    packages, ensurepip = subprocess.check_output([python_of_image(), "-I", "-c", asked], text=True).splitlines()
    found = [*_WHEELS.glob("pip-*.whl"), *(Path(ensurepip).parent / "_bundled").glob("pip-*.whl")]
    return packages, str(found[0])


def _merged(path: str) -> str:
    """The path below /usr: the image's /bin and /lib are links."""
    return f"/usr{path}" if path.split("/")[1] in _MERGED else path


def _linked(files: list[str]) -> set[str]:
    said = subprocess.run(["ldd", *files], capture_output=True, text=True, check=False).stdout
    return set(re.findall(r"(?:=> |^\s+)(/\S+) \(0x", said, re.MULTILINE))
