#!/bin/sh
# Sets up what the make targets need, and says what it does. Each part can be run again at any time.
#
#   prepare.sh python    virtual environment in .venv with the pinned packages
#   prepare.sh web       front-end parts from npm
#   prepare.sh tools     programs that the tests drive: Chromium, a Korean font, PostgreSQL, ncdump, h5dump
#   prepare.sh clients   PyMeasure and QCoDeS, which the tests let speak to the simulators, in .venv-clients
#   prepare.sh readers   what the tests let read run files without our code, in .venv-readers
#   prepare.sh benchmark rivals that the record is measured beside, in .venv-benchmark
set -eu
cd "$(dirname "$0")"

say() { printf '\033[1m»\033[0m %s\n' "$*"; }
fail() { printf '\033[31m✗\033[0m %s\n' "$*" >&2; exit 1; }

# apt as root or with a password-less sudo; otherwise the one line to type.
install_debian() {
    if [ "$(id -u)" = 0 ]; then as_root=""
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root="sudo"
    else fail "These programs are missing. Type this line, then start again:  sudo apt-get update && sudo apt-get install -y $*"
    fi
    command -v apt-get >/dev/null || fail "No apt-get here. Install by your own package manager: $*"
    say "Installing Debian packages: $*"
    $as_root apt-get update -qq
    # shellcheck disable=SC2086  # the list of packages is meant to be split
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

fitting_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info < (3, 14)))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail "No Python 3.11 to 3.13 found. Install one, or name it: make PYTHON=/path/to/python3.12 …"
}

make_environment() {
    base=$(fitting_python)
    say "Virtual environment in .venv with $("$base" --version)"
    if "$base" -m venv --clear .venv >/dev/null 2>&1; then return; fi
    # Debian ships Python without ensurepip; a pip beside it can still fill the environment.
    "$base" -m venv --clear --without-pip .venv
    if "$base" -m pip --version >/dev/null 2>&1; then
        "$base" -m pip --python .venv/bin/python install -q pip && return
    fi
    install_debian python3-venv python3-pip
    "$base" -m venv --clear .venv >/dev/null 2>&1 && return
    "$base" -m venv --clear --without-pip .venv
    /usr/bin/python3 -m pip --python .venv/bin/python install -q pip
}

prepare_python() {
    .venv/bin/python -m pip --version >/dev/null 2>&1 || make_environment
    say "Python packages (pinned in constraints.txt)"
    .venv/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
}

# A layer above .venv: what we need ourselves stays free of what they bring along.
prepare_clients() {
    say "PyMeasure and QCoDeS for the tests (pinned in constraints.txt) in .venv-clients"
    [ -x .venv-clients/bin/python ] || .venv/bin/python -m venv --without-pip --clear .venv-clients
    packages='import sysconfig; print(sysconfig.get_path("purelib"))'
    echo "import site; site.addsitedir('$(.venv/bin/python -c "$packages")')" \
        >"$(.venv-clients/bin/python -c "$packages")/house.pth"
    .venv/bin/python -m pip --python .venv-clients/bin/python install -q --disable-pip-version-check \
        -c constraints.txt pymeasure qcodes qcodes_contrib_drivers
}

# Apart from .venv: what the rivals bring along contradicts what we need.
prepare_benchmark() {
    say "Rivals for the measurements (pinned in constraints-benchmark.txt) in .venv-benchmark"
    [ -x .venv-benchmark/bin/python ] || .venv/bin/python -m venv --without-pip --clear .venv-benchmark
    .venv/bin/python -m pip --python .venv-benchmark/bin/python install -q --disable-pip-version-check \
        -c constraints-benchmark.txt qcodes pymeasure bluesky suitcase-jsonl plotly-resampler \
        xarray dask netCDF4 h5netcdf
}

# Nothing of ours is in it: what reads there could read anywhere.
prepare_readers() {
    say "Readers of run files for the tests (pinned in constraints.txt) in .venv-readers"
    [ -x .venv-readers/bin/python ] || .venv/bin/python -m venv --without-pip --clear .venv-readers
    .venv/bin/python -m pip --python .venv-readers/bin/python install -q --disable-pip-version-check \
        -c constraints.txt xarray h5netcdf h5py netCDF4 pyfive nexusformat compliance-checker
}

prepare_web() {
    command -v npm >/dev/null || fail "npm is missing: it brings the front-end parts. On Debian: apt-get install npm"
    say "Front-end parts (pinned in dashboard/frontend/package-lock.json)"
    npm ci --prefix dashboard/frontend --ignore-scripts --no-audit --no-fund --loglevel=error
}

prepare_tools() {
    missing=""
    command -v chromium >/dev/null || missing="$missing chromium"
    fc-list :lang=ko 2>/dev/null | grep -q . || missing="$missing fontconfig fonts-nanum"
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || missing="$missing postgresql"
    command -v ncdump >/dev/null || missing="$missing netcdf-bin"
    command -v h5dump >/dev/null || missing="$missing hdf5-tools"
    [ -z "$missing" ] && return
    # shellcheck disable=SC2086
    install_debian $missing
}

for part in "$@"; do
    case $part in
        python) prepare_python ;;
        web) prepare_web ;;
        tools) prepare_tools ;;
        clients) prepare_clients ;;
        readers) prepare_readers ;;
        benchmark) prepare_benchmark ;;
        *) fail "unknown part '$part': python, web, tools, clients, readers or benchmark" ;;
    esac
done
