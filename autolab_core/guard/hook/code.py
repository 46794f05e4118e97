"""Programs that stand in a command as text, as after ``python -c``: what can be said of them without running them.

Three questions, asked of the text: can it write at all, does it name a protected path, does it put names together so
that nobody can say which they are? Reading passes; what can write and is one of the other two does not.
"""

from __future__ import annotations

from autolab_core.guard.hook.call import Call
from autolab_core.guard.hook.values import UNKNOWN, name_set
from autolab_core.guard.hook.verdict import Denied

__all__ = ["judge_code"]

# Names by which a program of any of the languages writes, removes, or runs another one.
_WRITES = name_set(
    "write write_text write_bytes writelines writeFile writeFileSync appendFile appendFileSync unlink unlinkSync remove"
    " removedirs rmdir rmtree rmSync rename renames renameSync move copy copy2 copyfile copytree copyFileSync symlink"
    " symlink_to link hardlink_to mkdir makedirs mkdirSync mknod mkfifo touch truncate chmod chown lchmod utime"
    " to_csv to_json to_pickle to_parquet savefig savetxt savez dump extractall inplace fileinput FileUtils IO spew"
    " createWriteStream file_put_contents writeLines saveRDS file.remove O_WRONLY O_RDWR O_CREAT O_TRUNC ftruncate"
    " sendfile splice copy_file_range mmap ctypes sqlite3"
)
_RUNS = name_set(
    "system popen Popen subprocess spawn spawnSync spawnv spawnl execv execve execvp execl execSync execFile exec eval"
    " child_process run check_call check_output call getoutput pty posix_spawn fork __import__ importlib runpy compile"
    " qx shell_exec passthru proc_open backticks syscall getattr globals vars __builtins__ __dict__ loads"
)
# How names are put together from parts that are not in the text as they are.
_BUILDS = name_set(
    "join format chr fromhex unhexlify b64decode decodestring decode glob iglob rglob listdir scandir walk iterdir"
    " argv environ getenv stdin input readdir String fromCharCode Buffer atob pack reverse reversed replace translate"
    " sprintf concat ARGV ENV readdirSync lower upper maketrans getcwd parents parent fdopen dup"
)
_SHORT = name_set("chmod chown chgrp setfacl chattr su sudo doas pkexec install")
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_MODES = frozenset("rwaxbtU+")
_MOST = 4096


def judge_code(call: Call, text: str, language: str) -> None:
    """Raise Denied unless *text*, a program in *language*, certainly leaves every protected path as it is."""
    if UNKNOWN in text:
        raise Denied(f"would run {language} code that cannot be seen from the command")
    texts = _texts(text, language)
    names = _names(text)
    runs = bool(names & _RUNS) or (language in ("perl", "ruby", "php") and "`" in text)
    if not (runs or names & _WRITES or _opens_for_writing(text, names, texts, language)):
        return
    said = [each.text for each in texts]
    for name in call.reach.names():
        last = name.rpartition("/")[2]
        if name in text or any(last in each.split("/") for each in said):
            raise Denied(
                f"would run {language} code that names {name}, which is protected, and can write or run things"
            )
    if names & _BUILDS or any(each.is_built(language) for each in texts):
        raise Denied(
            f"would run {language} code that can write and puts names together, so that which paths it writes cannot be"
            " seen; put it into a file and run that, or write the paths out"
        )
    for each in said:
        if each and len(each) < _MOST and "\n" not in each:
            call.change_tree("name in its code", each)
            if runs and (" " in each.strip() or each in _SHORT):
                call.shell(each)
    if runs and len(said) > 1:
        # The words of a command may stand apart, as in `subprocess.run(["rm", "x"])`.
        call.again([each for each in said if each])


class _Text:
    """A quoted text in a program, with what stands directly around it."""

    __slots__ = ("after", "before", "quote", "text")

    def __init__(self, text: str, before: str, after: str, quote: str) -> None:
        self.text = text
        self.before = before
        self.after = after
        self.quote = quote

    def is_built(self, language: str) -> bool:
        """Whether it is only a part of a text that the program puts together, or not the text that it stands for."""
        prefix = ""
        for letter in reversed(self.before):
            if letter not in _LETTERS:
                break
            prefix = letter + prefix
        if language in ("python", "pypy") and len(prefix) < 3 and "f" in prefix.lower():
            return True
        joined = "+." if language in ("perl", "php", "lua") else "+"
        if self.after[:1] in ("+", "%", ".", "/", "'", '"') or self.before.rstrip()[-1:] in ("/", *joined):
            return True
        return any(mark in self.text for mark in ("\\x", "\\u", "\\N", "\\0", "\\1", "${", "#{"))


def _names(text: str) -> set[str]:
    found, word = set(), ""
    for character in text + " ":
        if character in _LETTERS:
            word += character
        elif word:
            found.add(word)
            word = ""
    return found


def _texts(text: str, language: str) -> list[_Text]:
    """The quoted texts of *text*, as most languages quote them. Raises Denied when one is not closed."""
    found, at = [], 0
    while at < len(text):
        quote = text[at]
        if quote == "#" and language in ("python", "pypy", "ruby", "Rscript"):
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
            continue
        if quote not in "'\"`":
            at += 1
            continue
        start = at
        if quote != "`" and text.startswith(quote * 3, at):
            quote *= 3
        at += len(quote)
        begin = at
        while at < len(text) and not text.startswith(quote, at):
            at += 2 if text[at] == "\\" else 1
        if at >= len(text):
            raise Denied(f"would run {language} code in which a quote is not closed")
        body, at = text[begin:at], at + len(quote)
        found.append(_Text(body, text[max(start - 8, 0) : start], text[at : at + 8].lstrip(), quote))
    return found


def _opens_for_writing(text: str, names: set[str], texts: list[_Text], language: str) -> bool:
    if language == "perl":
        return "open" in names and (">" in text or "+<" in text)
    if language == "awk":
        return ">" in text or "|" in text
    if not names & {"open", "fopen", "File", "Path"}:
        return False
    # A mode follows a comma, an equals sign or the parenthesis of `Path.open(`. Python's `open` without one reads.
    modes = [each.text for each in texts if each.before.rstrip()[-1:] in (",", "=", "(") and set(each.text) <= _MODES]
    return any(set(mode) & set("wax+") for mode in modes) or language not in ("python", "node") or "mode" in names
