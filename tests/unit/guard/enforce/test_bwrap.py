"""The command line of bubblewrap and what its complaints mean."""

import pytest

from autolab_core.guard.enforce.bwrap import argv, find, parse_version, why
from autolab_core.guard.enforce.sockets import parse_unix
from autolab_core.guard.plan import resolve
from autolab_core.guard.policy import GuardPolicy
from autolab_core.vocab.guard import GuardLevel, Network, Profile


@pytest.fixture
def plan_of(tmp_path):
    def make(**policy):
        for name in ("experiments", "out", ".autolab"):
            (tmp_path / name).mkdir(exist_ok=True)
        return resolve(GuardPolicy(Profile.AGENT, ("experiments",), ("out",))._replace(**policy), str(tmp_path))

    return make


def words(plan, level=GuardLevel.MOUNT_LANDLOCK, **options):
    return argv("/usr/bin/bwrap", plan, level, info_fd=3, holder=("/bin/cat",), **({"user_namespace": True} | options))


def holds(words, *sequence):
    return any(words[at : at + len(sequence)] == sequence for at in range(len(words)))


def test_what_is_protected_is_mounted_read_only_over_its_folders(plan_of):
    plan = plan_of()
    found = words(plan)

    protected = f"{plan.root}/experiments"
    assert holds(found, "--ro-bind", protected, protected)
    assert found.index(plan.root) < found.index(protected)
    assert found[-2:] == ("--", "/bin/cat")


def test_a_privileged_caller_needs_no_user_namespace_and_the_holder_gets_no_rights(plan_of):
    found = words(plan_of(), user_namespace=False)

    assert "--unshare-user" not in found
    assert holds(found, "--cap-drop", "ALL")


def test_alone_the_mounts_forbid_namespaces_and_writing_to_proc(plan_of):
    found = words(plan_of(), GuardLevel.MOUNT, user_namespace=False)

    assert {"--unshare-user", "--disable-userns"} <= set(found)
    assert holds(found, "--remount-ro", "/proc")


def test_no_network_is_a_namespace_without_one(plan_of):
    assert "--unshare-net" in words(plan_of(network=Network.NONE))
    assert "--unshare-net" not in words(plan_of())


def test_sockets_are_covered_after_the_mounts_that_show_them(plan_of):
    plan = plan_of()
    found = words(plan, sockets=(f"{plan.root}/s ock",))

    assert holds(found, "--ro-bind", "/dev/null", f"{plan.root}/s ock")
    assert found.index(f"{plan.root}/s ock") > found.index(f"{plan.root}/experiments")


@pytest.mark.parametrize(
    ("said", "version"),
    [("bubblewrap 0.8.0\n", (0, 8, 0)), ("bubblewrap 0.11\n", (0, 11)), ("", None), ("not found", None)],
)
def test_the_version_is_what_it_says(said, version):
    assert parse_version(said) == version


def test_a_relative_entry_of_the_path_is_not_searched(tmp_path, monkeypatch):
    (tmp_path / "bwrap").write_text("#!/bin/sh\n")
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.chdir(tmp_path)

    assert find(f".:{tmp_path}") == f"{tmp_path}/bwrap"
    assert find(".") != "./bwrap"
    assert not (find("") or "/").startswith(str(tmp_path))


@pytest.mark.parametrize(
    ("complaint", "part"),
    [
        ("bwrap: Unknown option --disable-userns", "needs 0.8"),
        ("bwrap: Creating new namespace failed: nesting depth (ENOSPC)", "user.max_user_namespaces"),
        ("bwrap: Can't mount proc on /newroot/proc: Operation not permitted", "unmasked"),
        ("bwrap: setting up uid map: Permission denied", "allow them"),
        ("bwrap: something new", "bubblewrap failed: something new"),
        ("", "it said nothing"),
    ],
)
def test_a_complaint_says_what_would_have_to_be_allowed(complaint, part):
    assert part in why(complaint)
    assert "\n" not in why(complaint)


def test_bound_sockets_are_read_from_the_kernels_list():
    lines = [
        "Num       RefCount Protocol Flags    Type St Inode Path\n",
        "ffff: 00000002 00000000 00010000 0001 01 24013 /home/ada/a service\n",
        "ffff: 00000002 00000000 00010000 0001 01 24014 @abstract\n",
        "ffff: 00000003 00000000 00000000 0001 03 24015\n",
        "ffff: 00000002 00000000 00010000 0001 01 24016 /run/munge/munge.socket.2\n",
    ]

    assert parse_unix(lines) == ["/home/ada/a service", "/run/munge/munge.socket.2"]
