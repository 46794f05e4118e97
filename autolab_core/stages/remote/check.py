"""``remote check``: what a remote profile's host can do for runs, what is wrong with it, and how to mend that."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from autolab_core.exec.command import Command, CommandResult
from autolab_core.exec.local import LocalRunner
from autolab_core.stages.remote.machines import CLOCK_SLACK_SECONDS
from autolab_core.stages.remote.probe import FarAnswer, FarDisk, parse_answer, probe_command
from autolab_core.transfer.patterns import shown
from autolab_core.vocab.errors import AutolabError, RunnerError
from autolab_core.vocab.guard import GuardLevel
from autolab_core.vocab.remote import CheckLevel, PushMethod

if TYPE_CHECKING:
    from autolab_core.models.remote import RemoteProfile
    from autolab_core.stages.remote.machines import Remote

__all__ = ["RemoteCheck", "RemoteFinding", "check_remote", "judge", "judge_clock"]

# Two, so that one refusal of a busy host is no answer; a host that hangs costs a minute then.
_TRIES: Final = 2
_LITTLE_SPACE: Final = 1 << 30
_FEW_INODES: Final = 10_000
_MAY_BE_ABSENT: Final = ("sacct",)
_CORE_TOOLS: Final = ("sha256sum", "find", "xargs")
_TO_CLEAN: Final = "in its start-up files (.bashrc, .profile), print only where the shell is interactive"


class RemoteFinding(NamedTuple):
    """One thing that was looked at; ``advice`` is empty where nothing is to be done."""

    name: str
    level: CheckLevel
    detail: str
    advice: str = ""


class RemoteCheck(NamedTuple):
    """All that was found. ``reached``: the host answered, so what is not good is its own."""

    reached: bool
    findings: tuple[RemoteFinding, ...]

    @property
    def serves(self) -> bool:
        """Whether runs can be sent there."""
        return all(each.level is not CheckLevel.PROBLEM for each in self.findings)


def check_remote(remote: Remote) -> RemoteCheck:
    """Connect to the host of *remote* and look at what runs need. Nothing is left there."""
    try:
        return _checked(remote)
    except (RunnerError, AutolabError) as error:
        return RemoteCheck(False, (RemoteFinding("connection", CheckLevel.PROBLEM, *_way_out(str(error))),))
    finally:
        remote.close()


def _checked(remote: Remote) -> RemoteCheck:
    profile, runner = remote.profile, remote.runner
    runner.tries = _TRIES
    runner.run(Command(("true",), timeout=30.0))  # the first one waits for the connection
    before = time.time()
    date = runner.run(Command(("date", "+%s.%N"), timeout=30.0)).text
    after = time.time()
    done = remote.activated.run(probe_command(profile.root, profile.scratch, profile.python or "python3"))
    answer = parse_answer(done.text)
    if answer is None:
        what = f"its answer is not whole: {done.complaint or f'exit code {done.exit_code}'}"
        advice = "run `sh -c true` there by hand; sh, date, df, head and dirname are needed"
        return RemoteCheck(True, (RemoteFinding("shell", CheckLevel.PROBLEM, what, advice),))
    connected = RemoteFinding(
        "connection", CheckLevel.OK, f"{profile.host} answers within {(after - before) * 1000:.0f} ms"
    )
    quiet = LocalRunner().run(Command((*runner.ssh, "-n", "--", profile.host, "true"), timeout=60.0))
    ended = None if not profile.activation else runner.run(Command(("bash", "-c", profile.activation), timeout=60.0))
    clock = judge_clock(date, before, after)
    shell = _login_shell(quiet, answer.login_shell)
    return RemoteCheck(True, (connected, shell, *_activation(ended), clock, *judge(answer, profile), _guard(remote)))


def judge(answer: FarAnswer, profile: RemoteProfile) -> tuple[RemoteFinding, ...]:
    """What *answer* means for runs that *profile* sends. Pure."""
    return tuple(_judged(answer, profile))


def _judged(answer: FarAnswer, profile: RemoteProfile) -> Iterator[RemoteFinding]:
    yield from _disk("root", answer.root, profile.root)
    if answer.scratch is not None and profile.scratch is not None:
        yield from _disk("scratch", answer.scratch, profile.scratch)
    yield from _programs(answer, profile)
    yield _python(answer, profile)
    wide = answer.umask is not None and not answer.umask & 0o002
    yield RemoteFinding(
        "umask",
        CheckLevel.WARNING if wide else CheckLevel.OK,
        "not told" if answer.umask is None else f"{answer.umask:04o}",
        "everybody there may change what runs write: put `umask 022` into the profile's activation" if wide else "",
    )


def _way_out(text: str) -> tuple[str, str]:
    """What is wrong, and what to do, of a message that ends with it."""
    what, separator, advice = text.rpartition("; ")
    return (what, advice) if separator and "was not run" not in advice else (text, _by_words(text))


def _by_words(text: str) -> str:
    low = text.lower()
    if "connection refused" in low:
        return "no sshd answers there: see HostName and Port in ~/.ssh/config, and whether the host is up"
    if "timed out" in low or "no answer within" in low:
        return "the host does not answer: try `ssh` by hand; a VPN or a jump host may be needed"
    if "kex_exchange" in low or "connection closed" in low or "connection reset" in low:
        return "the host refuses connections for now (sshd's MaxStartups): try again"
    if "session open refused" in low:
        return "the host refuses more sessions on one connection (sshd's MaxSessions): try again"
    return "try `ssh` by hand, with -v"


def _login_shell(done: CommandResult, shell: str) -> RemoteFinding:
    """What *shell* is, by what it said when it was *done* with a command that says nothing."""
    if done.exit_code != 0:
        detail, advice = f"{shell}: ssh ended with {done.exit_code}: {done.complaint}", "try `ssh` by hand"
        return RemoteFinding("login shell", CheckLevel.WARNING, detail, advice)
    if not done.stdout:
        return RemoteFinding("login shell", CheckLevel.OK, f"{shell} says nothing to programs")
    line = next(iter(done.text.strip().splitlines()), "")
    first = "".join(each if each.isprintable() else "?" for each in line[:60])
    # A push by git has another way then; files can come home in no way.
    what = f"{shell} prints {first!r} to programs, which rsync and sftp take for data"
    return RemoteFinding("login shell", CheckLevel.PROBLEM, what, _TO_CLEAN)


def _activation(ended: CommandResult | None) -> Iterator[RemoteFinding]:
    if ended is not None and ended.exit_code != 0:
        what = f"ends with {ended.exit_code}: {ended.complaint}".rstrip(": ")
        yield RemoteFinding("activation", CheckLevel.WARNING, what, "see `activation` of the profile")
    elif ended is not None:
        yield RemoteFinding("activation", CheckLevel.OK, "runs")


def judge_clock(date: str, before: float, after: float) -> RemoteFinding:
    """What *date* (seconds since 1970) there means, which was asked at *before* and answered at *after* here. Pure."""
    found = re.match(r"[0-9]{1,12}(?:\.[0-9]+)?", date)  # a date that does not know %N writes it as it is
    if found is None:
        return RemoteFinding("clock", CheckLevel.WARNING, "date does not tell it", "GNU date is expected there")
    offset, doubt = (before + after) / 2 - float(found.group()), (after - before) / 2
    if abs(offset) - doubt <= CLOCK_SLACK_SECONDS:
        return RemoteFinding("clock", CheckLevel.OK, f"as ours, as far as {max(abs(offset), doubt):.1f} s can tell")
    told = f"ours is {abs(offset):.1f} s {'ahead of' if offset > 0 else 'behind'} theirs (± {doubt:.1f} s)"
    return RemoteFinding("clock", CheckLevel.WARNING, told, "one of them is wrong: have it kept by NTP (`timedatectl`)")


def _guard(remote: Remote) -> RemoteFinding:
    """Whether runs that have to be guarded can be sent: the policy may ask for that of all of them."""
    from autolab_core.stages.remote.far_guard import installed_there

    seat, said = installed_there(remote)
    if seat is not None:
        return RemoteFinding("guard", CheckLevel.OK, f"Autolab {said}, as here")
    section = remote.policy().guard
    if section is None or section.require == GuardLevel.NONE:
        return RemoteFinding("guard", CheckLevel.OK, f"no guarded runs: {said}")
    advice = "have it installed there, and name its interpreter as `python` of the profile"
    return RemoteFinding("guard", CheckLevel.PROBLEM, f"the policy requires {section.require}, and {said}", advice)


def _disk(name: str, disk: FarDisk, path: str) -> Iterator[RemoteFinding]:
    where = disk.folder if disk.exists else f"{path} is not there yet, and would be made in {disk.folder}"
    if disk.refusal is not None:
        full = any(words in disk.refusal.lower() for words in ("no space left", "quota"))
        advice = "free some space there" if full else f"see `{name}` of the profile, who owns the folder, and its mode"
        yield RemoteFinding(name, CheckLevel.PROBLEM, f"{where}: {disk.refusal}", advice)
        return
    scarce = disk.free is not None and disk.free < _LITTLE_SPACE
    few = disk.free_inodes is not None and disk.free_inodes < _FEW_INODES
    free = "" if disk.free is None else f", {shown(disk.free)} free"
    inodes = "" if disk.free_inodes is None else f", {disk.free_inodes} more files"
    advice = "free some space there, or name another folder" if scarce or few else ""
    yield RemoteFinding(name, CheckLevel.WARNING if advice else CheckLevel.OK, f"{where}{free}{inodes}", advice)


def _programs(answer: FarAnswer, profile: RemoteProfile) -> Iterator[RemoteFinding]:
    by_git = profile.push.method == PushMethod.GIT
    by_rsync = not by_git or profile.pull.method == "rsync"
    yield _program(answer, "git", CheckLevel.PROBLEM if by_git else CheckLevel.OK, "or set `push.method: rsync`")
    otherwise = "or set `pull.method: sftp`" if by_git else "or set `push.method: git`"
    yield _program(answer, "rsync", CheckLevel.PROBLEM if by_rsync else CheckLevel.WARNING, otherwise)
    for name in _CORE_TOOLS:
        yield _program(answer, name, CheckLevel.PROBLEM, "it proves what was copied")
    for name in ("sinfo", "sbatch", "squeue", "sacct"):
        level = CheckLevel.WARNING if name in _MAY_BE_ABSENT else CheckLevel.PROBLEM
        yield _program(answer, name, level, "or load Slurm in the profile's `activation`")


def _program(answer: FarAnswer, name: str, without: CheckLevel, otherwise: str) -> RemoteFinding:
    version = answer.programs.get(name)
    if version is not None:
        return RemoteFinding(name, CheckLevel.OK, version)
    advice = "" if without is CheckLevel.OK else f"have it installed there, {otherwise}"
    return RemoteFinding(name, without, "is not there", advice)


def _python(answer: FarAnswer, profile: RemoteProfile) -> RemoteFinding:
    if answer.python is not None:
        return RemoteFinding("python", CheckLevel.OK, answer.python)
    level = CheckLevel.PROBLEM if profile.python else CheckLevel.WARNING
    what = f"{profile.python or 'python3'} cannot be run"
    return RemoteFinding("python", level, what, "name it as `python` of the profile, or load it in `activation`")
