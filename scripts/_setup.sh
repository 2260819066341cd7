# Shared by the commands in this folder: goes to the root of the repository and finds or makes the Python to use.
#
#   RANVIER_PYTHON   use this interpreter as it is, with whatever is installed in it; nothing is created or installed
#   PYTHON           make .venv with this one instead of python3 (3.10 to 3.13)

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"

# The first of the given interpreters that exists and is Python 3.10 to 3.13.
supported_python() {
  local candidate
  for candidate in "$@"; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  echo "None of these is Python 3.10 to 3.13: $*. Install one, or name it: PYTHON=/path/to/python $0" >&2
  return 1
}

base_python() {
  if [ -n "${PYTHON:-}" ]; then
    supported_python "$PYTHON"
  else
    supported_python python3 python3.13 python3.12 python3.11 python3.10 python
  fi
}

# Sets $python to an interpreter that has Ranvier with the extra named by $1: run (none), test or dev.
set_up() {
  local extra="$1" base want
  if [ -n "${RANVIER_PYTHON:-}" ]; then
    python="$(command -v "$RANVIER_PYTHON")" || { echo "RANVIER_PYTHON is no interpreter: $RANVIER_PYTHON" >&2; exit 1; }
    return
  fi
  python="$root/.venv/bin/python"
  if [ ! -x "$python" ]; then
    base="$(base_python)"
    "$base" -m venv "$root/.venv"
  fi
  "$python" -m pip --version >/dev/null 2>&1 || "$python" -m ensurepip >/dev/null  # an interrupted venv has no pip yet
  # What is installed is right for one state of pyproject.toml, in one place; dev holds test, which holds run.
  want="$("$python" -c 'import hashlib, sys
for name in sys.argv[1:]: print(hashlib.sha256(open(name, "rb").read()).hexdigest(), name)' "$root/pyproject.toml")"
  case "$extra" in
    run) installed run "$want" || installed test "$want" || installed dev "$want" || install . run "$want" ;;
    test) installed test "$want" || installed dev "$want" || install '.[test]' test "$want" ;;
    dev) installed dev "$want" || install '.[dev]' dev "$want" ;;
  esac
}

installed() {
  [ "$(cat "$root/.venv/.ranvier-$1" 2>/dev/null)" = "$2" ]
}

install() {
  echo "Installing into .venv (once; torch is a large download) ..." >&2
  "$python" -m pip install --quiet --disable-pip-version-check -e "$1" >&2 || exit 1
  printf '%s\n' "$3" > "$root/.venv/.ranvier-$2"
}
