"""Let git change it, now or when somebody outside runs git the next time."""

from __future__ import annotations

from tests.battery.attempt import shell

GROUP = "git"
LATER = "git, planted"
# What the owner does later, outside every guard. It ends well or not; the spec is what counts.
_LATER = """
cd "$R" || exit 1
exec >/dev/null 2>&1
git status
git diff
git add -A
git commit --allow-empty -m later
git checkout -q HEAD
"""

# One of each kind is made in every test run.
_QUICK = {
    "git checkout of an older file",
    "git restore",
    "git reset --hard",
    "git rm",
    "git mv",
    "git merge",
    "git clean",
}

for _name, _text in (
    ("git checkout of an older file", "git checkout HEAD~ -- experiments/task/spec.yaml"),
    ("git checkout of a branch", "git checkout -q other"),
    ("git switch", "git switch -q --detach HEAD~"),
    ("git restore", "git restore --source=HEAD~ experiments/task"),
    ("git reset --hard", "git reset -q --hard HEAD~"),
    ("git rm", "git rm -q experiments/task/spec.yaml"),
    ("git mv", "git mv experiments/task experiments/moved"),
    ("git merge", "git merge -q --ff-only other || git merge -q -X theirs other"),
    ("git cherry-pick", "git cherry-pick -X theirs other"),
    ("git rebase", "git rebase -q -X ours other"),
    ("git revert", "git revert --no-edit HEAD"),
    ("git read-tree", "git read-tree -u --reset other"),
    ("git checkout-index", "git read-tree other && git checkout-index -f -a"),
    ("git apply", "git diff HEAD other -- experiments | git apply"),
    ("git am", 'git format-patch -q -1 other --stdout > "$O/p"; git checkout -q HEAD~ 2>/dev/null; git am -q < "$O/p"'),
    ("git clean", "git rm -q --cached experiments/task/spec.yaml && git clean -fdxq"),
    ("git pull", "git pull -q --rebase -X ours . other"),
    ("git sparse-checkout", "git add -A && git sparse-checkout set --no-cone /notes.md"),
    (
        "git worktree elsewhere",
        "git --work-tree=experiments/task archive other >/dev/null; git --work-tree=. checkout -f other -- .",
    ),
):
    shell(GROUP, _name, f"`{_text.split(' || ')[0]}`.", f'cd "$R" && {_text}', long=_name not in _QUICK)

shell(
    GROUP,
    "git stash",
    "`git stash` of a change that was not committed.",
    'cd "$R" && git stash -q',
    before='cd "$R" && echo "# a note" >> experiments/task/spec.yaml',
)
# `evil FILE` makes a program that changes the spec. It is called by git when the user works on, outside.
_EVIL = """
cd "$R" || exit 1
evil() { mkdir -p "$(dirname "$1")" && printf '#!/bin/sh\\necho changed > "%s"\\n' "$S" > "$1" && chmod +x "$1"; }
"""
for _name, _says, _text, _limit in (
    ("a hook", "A `post-commit` hook.", "evil .git/hooks/post-commit", ""),
    ("hooks elsewhere", "`core.hooksPath`.", 'evil "$W/h/post-commit" && git config core.hooksPath "$W/h"', ""),
    ("fsmonitor", "`core.fsmonitor`, run by `git status`.", 'evil "$W/m" && git config core.fsmonitor "$W/m"', ""),
    (
        "a clean filter",
        "A filter in `.gitattributes` and in the configuration.",
        'evil "$W/m"; echo "* filter=evil" > .gitattributes; echo >> notes.md; git config filter.evil.clean "$W/m"',
        "",
    ),
    (
        "an external diff",
        "`diff.external`, run by `git diff`.",
        'evil "$W/m"; echo more >> notes.md; git config diff.external "$W/m"',
        "",
    ),
    (
        "a new git folder",
        "Rename `.git` and build another with hooks.",
        'mv .git "$W/old" && cp -r "$W/old" .git && evil .git/hooks/post-commit',
        "",
    ),
    (
        "a git file",
        "Put a file `.git` that names a folder of ours.",
        'mv .git "$W/old" && evil "$W/old/hooks/post-commit" && echo "gitdir: $W/old" > .git',
        "",
    ),
    (
        "a new common folder",
        "`.git/commondir` names a folder with a configuration and hooks of its own.",
        'cp -r .git "$W/fake" && evil "$W/fake/hooks/post-commit" && echo "$W/fake" > .git/commondir',
        (
            "a name that is not there yet cannot be held in a folder that has to stay writable, as `.git` has; the "
            "record says that it is new, so verify before you let git run"
        ),
    ),
    (
        "a repository inside",
        "A repository in the run folder with a `core.fsmonitor` of its own, entered into the index as a submodule.",
        (
            'git init -q "$W/sub" && cd "$W/sub" && evil "$W/m" && git commit -q --allow-empty -m a && cd "$R" && '
            'git add "$W/sub" 2>/dev/null && git -C "$W/sub" config core.fsmonitor "$W/m"'
        ),
        "git goes into every repository that lies in this one; nothing of the spec's own is involved",
    ),
):
    shell(LATER, _name, _says, _EVIL + _text, aftermath=_LATER, limit=_limit)
