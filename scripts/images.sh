#!/usr/bin/env bash
# Builds the images, starts the whole platform from them once, waits until every container is healthy, and removes it.
set -euo pipefail
cd "$(dirname "$0")/.."

secret() { head -c 36 /dev/urandom | base64 | tr '+/' '-_'; }

LOGLOOP_SECRET_KEY=$(secret)
LOGLOOP_BROKER_PASSWORD=$(secret)
LOGLOOP_ADMIN_PASSWORD=$(secret)
export LOGLOOP_SECRET_KEY LOGLOOP_BROKER_PASSWORD LOGLOOP_ADMIN_PASSWORD
export LOGLOOP_PORT=${LOGLOOP_PORT:-18080}
compose=(docker compose --project-name logloop-images --env-file /dev/null)

stop() {
    code=$?
    if [ "$code" -ne 0 ]; then "${compose[@]}" logs --tail 30; fi
    "${compose[@]}" down --volumes --timeout 30
    exit "$code"
}
trap stop EXIT

"${compose[@]}" up --build --detach --wait --wait-timeout 300
curl --fail --silent --show-error "http://127.0.0.1:$LOGLOOP_PORT/readyz"
echo
