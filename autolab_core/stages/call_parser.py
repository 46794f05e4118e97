"""Call a project's extraction function: ``python call_parser.py MODULE CALLABLE NAME=VALUE…``.

Started by ``stages.parser`` in the project's environment, so it imports nothing but the standard library. The function
gets those of ``run_id``, ``iteration_id``, ``iteration_path``, ``run_path`` and ``metrics_path`` that it has parameters
for. When it returns a mapping, that is written to ``metrics_path``; when it returns None, it wrote the file itself.
"""

import importlib
import inspect
import json
import os
import sys


def main(arguments: list[str]) -> int:
    """Entry point; the exit code is 0, or 2 when the function is not there or returns something else."""
    module_name, name, *pairs = arguments
    values = dict(pair.split("=", 1) for pair in pairs)
    sys.path[0] = os.getcwd()
    function = getattr(importlib.import_module(module_name), name, None)
    if not callable(function):
        print(f"{module_name} has no callable {name!r}", file=sys.stderr)
        return 2
    parameters = inspect.signature(function).parameters
    takes_all = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    metrics = function(**{key: value for key, value in values.items() if takes_all or key in parameters})
    if metrics is None:
        return 0
    if not isinstance(metrics, dict):
        print(f"{module_name}.{name} returned a {type(metrics).__name__}, not a mapping or None", file=sys.stderr)
        return 2
    # Named by the process: one that outlived a killed extraction may still be writing. Made new, whatever lies there:
    # a link that the run left would lead elsewhere.
    folder, name = os.path.split(values["metrics_path"])
    unfinished = os.path.join(folder, f".{name}.{os.getpid()}.tmp")
    if os.path.lexists(unfinished):
        os.unlink(unfinished)
    with open(unfinished, "x", encoding="utf-8") as file:
        json.dump(metrics, file, indent=2, ensure_ascii=False, allow_nan=False)
        file.write("\n")
    os.replace(unfinished, values["metrics_path"])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
