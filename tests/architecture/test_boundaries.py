"""What may happen only in one place: catching everything, starting processes, crossing packages."""

from __future__ import annotations

import ast

from tests.architecture.house import Module, modules

# file: why everything may be caught there.
MAY_CATCH_EVERYTHING = {
    "autolab_cli/main.py": "the top level of a command: no traceback reaches a user",
    "autolab_core/io/installed.py": "a broken plug-in of another distribution is one clear line",
    "autolab_verifiers/engine/boundary.py": "the plugin boundary: a broken verifier is an error in the report",
    "autolab_verifiers/cli/main.py": "the top level of a command: no traceback reaches a user",
}

# folder or file: why it may start processes.
MAY_SPAWN = {
    "autolab_core/exec": "the one place that runs commands",
    "autolab_core/cloud/runner": "it is alone in its container, and none of ours but what is packed with it is there",
    "autolab_core/guard/enforce": "a command is guarded by what its process does between fork and exec",
    "autolab_core/testing/slurm_programs/run_job.py": "a fake Slurm runs its jobs, and may import nothing of ours",
}

SPAWNING_MODULES = {"subprocess", "multiprocessing", "pty", "popen2", "commands"}
SPAWNING_CALLS = {"fork", "forkpty", "popen", "posix_spawn", "posix_spawnp", "startfile", "system"}
UNSAFE_MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "yaml"}
UNSAFE_CALLS = {"eval", "exec", "compile", "__import__"}

# What a verifier may use of the core: it reads, it never launches.
VERIFIERS_MAY_USE = {"models", "vocab", "io", "git", "guard"}
VERIFIERS_MUST_NOT_USE = ("autolab_core.guard.enforce", "autolab_core.guard.hook")


def calls(module: Module) -> list[ast.Call]:
    return [node for node in ast.walk(module.tree) if isinstance(node, ast.Call)]


def catches_everything(handler: ast.ExceptHandler) -> bool:
    """Whether *handler* takes any error and keeps it. One that tidies up and ends with ``raise`` keeps nothing."""
    last = handler.body[-1]
    if isinstance(last, ast.Raise) and last.exc is None:
        return False
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(each is None or ast.unparse(each) in {"Exception", "BaseException"} for each in caught)


def test_everything_is_caught_only_where_a_reason_is_given():
    found = [
        module.at(node)
        for module in modules()
        if module.path not in MAY_CATCH_EVERYTHING
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler) and catches_everything(node)
    ]

    assert found == []


def test_only_exec_starts_processes():
    others = [module for module in modules() if not module.below(*MAY_SPAWN)]
    imports = [
        f"{module.path}:{line} imports {name}"
        for module in others
        for line, name in module.imports()
        if name.split(".")[0] in SPAWNING_MODULES
    ]
    starts = [
        f"{module.at(call)} calls {ast.unparse(call.func)}"
        for module in others
        for call in calls(module)
        if isinstance(call.func, ast.Attribute)
        and ast.unparse(call.func.value) == "os"
        and (call.func.attr in SPAWNING_CALLS or call.func.attr.startswith(("exec", "spawn")))
    ]

    assert imports + starts == []


def test_no_text_becomes_code_or_a_shell_command():
    found = [
        f"{module.at(call)} {ast.unparse(call.func)}"
        for module in modules()
        for call in calls(module)
        if (isinstance(call.func, ast.Name) and call.func.id in UNSAFE_CALLS)
        or any(
            word.arg == "shell" and not (isinstance(word.value, ast.Constant) and word.value.value is False)
            for word in call.keywords
        )
    ]

    assert found == []


def test_no_document_is_read_by_a_loader_that_runs_code():
    found = [
        f"{module.path}:{line} imports {name}"
        for module in modules()
        for line, name in module.imports()
        if name.split(".")[0] in UNSAFE_MODULES
    ] + [
        f"{module.at(node)} asks for the unsafe YAML loader"
        for module in modules()
        for node in module.strings()
        if node.value == "unsafe"
    ]

    assert found == []


def test_verifiers_use_only_the_reading_part_of_the_core():
    found = [
        f"{module.path}:{line} imports {name}"
        for module in modules()
        if module.below("autolab_verifiers")
        for line, name in module.imports()
        if name.split(".")[0] == "autolab_core"
        and (
            # The package itself is imported to see that it is ours.
            (len(name.split(".")) < 2 and module.path != "autolab_verifiers/__init__.py")
            or (len(name.split(".")) > 1 and name.split(".")[1] not in {*VERIFIERS_MAY_USE, "__version__"})
            or f"{name}.".startswith(tuple(f"{barred}." for barred in VERIFIERS_MUST_NOT_USE))
        )
    ]

    assert found == []


def test_pluggy_is_known_to_the_verifiers_alone():
    found = [
        f"{module.path}:{line}"
        for module in modules()
        if not module.below("autolab_verifiers")
        for line, name in module.imports()
        if name.split(".")[0] == "pluggy"
    ]

    assert found == []
