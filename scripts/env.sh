# Sourced by skim and test: finds the project, makes .venv from requirements.lock when it is missing or old.
# Sets ROOT and BIN.

ROOT=$(CDPATH='' cd -- "$(dirname -- "$SELF")/.." && pwd -P)
BIN=$ROOT/.venv/bin
stamp=$ROOT/.venv/.installed

if ! cmp -s "$ROOT/requirements.lock" "$stamp" 2>/dev/null; then
    python=
    for candidate in ${SKIM_PYTHON:-} python3.13 python3.12 python3.11 python3 python; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            python=$candidate
            break
        fi
    done
    if [ -z "$python" ]; then
        echo "skim: Python 3.11 or newer with venv is needed and was not found (set SKIM_PYTHON)" >&2
        exit 1
    fi
    # One installation at a time; a lock left by a killed one is taken over.
    lock=$ROOT/.venv.lock
    waited=0
    until mkdir "$lock" 2>/dev/null; do
        owner=$(cat "$lock/pid" 2>/dev/null || echo)
        if [ "$waited" -gt 2 ] && { [ -z "$owner" ] || ! kill -0 "$owner" 2>/dev/null; }; then
            rm -rf "$lock"
            continue
        fi
        waited=$((waited + 1))
        sleep 1
    done
    echo $$ >"$lock/pid"
    trap 'rm -rf "$lock"' EXIT INT TERM
    if ! cmp -s "$ROOT/requirements.lock" "$stamp" 2>/dev/null; then
        echo "skim: setting up its Python environment, once, about half a minute …" >&2
        if ! { [ -x "$BIN/python" ] || "$python" -m venv "$ROOT/.venv"; } ||
            ! "$BIN/python" -m pip install --quiet --disable-pip-version-check -r "$ROOT/requirements.lock" >&2 ||
            ! printf '%s\n' "$ROOT" >"$("$BIN/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/skim_tui.pth"; then
            echo "skim: the Python environment could not be set up (see above)" >&2
            exit 1
        fi
        cp "$ROOT/requirements.lock" "$stamp.new" && mv "$stamp.new" "$stamp"
    fi
    rm -rf "$lock"
    trap - EXIT INT TERM
fi
