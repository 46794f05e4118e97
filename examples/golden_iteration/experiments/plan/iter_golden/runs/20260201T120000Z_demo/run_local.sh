#!/usr/bin/env bash
# Made by `autolab launch` for run 20260201T120000Z_demo. It starts once; `autolab launch` makes a new run.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
until [ -d .autolab ]; do
  [ "$PWD" != / ] || { echo "not below an Autolab repository" >&2; exit 2; }
  cd ..
done
export AUTOLAB_ITERATION_ID=iter_golden
export AUTOLAB_ITERATION_PATH=experiments/plan/iter_golden
export AUTOLAB_RUN_ID=20260201T120000Z_demo
export AUTOLAB_RUN_DIR="$PWD"/experiments/plan/iter_golden/runs/20260201T120000Z_demo
autolab_token=autolab-iter_golden-20260201T120000Z_demo-2fdfa711
autolab_logs="$AUTOLAB_RUN_DIR/logs"
mkdir -p -- "$autolab_logs"
autolab_now() { date -u +%Y-%m-%dT%H:%M:%SZ; }
if ! (set -o noclobber && printf '{"token": "%s", "pid": %d, "host": "%s", "started_at": "%s"}\n' \
    "$autolab_token" "$$" "$(uname -n)" "$(autolab_now)" >"$autolab_logs/start.json") 2>/dev/null; then
  if [ -e "$autolab_logs/start.json" ]; then
    echo "this run was started before (see $autolab_logs/start.json); nothing was done" >&2
    exit 75
  fi
  echo "$autolab_logs/start.json cannot be written; nothing was done" >&2
  exit 73
fi
autolab_end() {
  local code=$?
  trap - EXIT
  trap '' INT TERM
  if [ "$code" -eq 0 ] && [ -z "${autolab_activated-}" ]; then
    echo "the activation block ended the script before its command" >&2
    code=70
  fi
  if printf '{"token": "%s", "exit_code": %d, "finished_at": "%s"}\n' \
    "$autolab_token" "$code" "$(autolab_now)" >"$autolab_logs/.exit.json.tmp"; then
    sync -- "$autolab_logs/.exit.json.tmp" 2>/dev/null || :
    mv -f -- "$autolab_logs/.exit.json.tmp" "$autolab_logs/exit.json"
  fi
  exit "$code"
}
trap autolab_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
exec >>"$autolab_logs/stdout.log" 2>>"$autolab_logs/stderr.log"
set +u
# --- activation, verbatim from docs/environment.md
export PYTHONPATH="$PWD/src${PYTHONPATH:+:$PYTHONPATH}"
# --- end of activation
set -u
autolab_activated=yes
python -m golden.train --config configs/train.json --seeds 0 1 2 3 4
