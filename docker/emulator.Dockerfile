# The emulator with act and what workflows usually need: docker build -f docker/emulator.Dockerfile .
# It is the only image in which programs of users run, and contains no code of the services.
FROM python:3.11.14-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    UV_NO_CACHE=1 \
    UV_LINK_MODE=copy
WORKDIR /src
RUN pip install --no-cache-dir uv==0.13.9
# Versions and hashes come from the lock.
COPY requirements.lock ./
COPY packages/contracts packages/contracts
COPY packages/emulator packages/emulator
RUN uv venv /venv \
    && uv pip install --python /venv --no-sources --constraint requirements.lock ./packages/contracts ./packages/emulator

FROM python:3.11.14-slim-bookworm
# hadolint ignore=DL3008  # the versions of Debian's stable release
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git iproute2 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin logloop
COPY --from=build /venv /venv
LABEL org.opencontainers.image.title="logloop-emulator" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LOGLOOP_EMULATOR_ALIVE=/tmp/alive
USER 10001
# It has no port. It touches a file whenever it reaches ci-bridge.
HEALTHCHECK --interval=5s --timeout=4s --start-period=60s --retries=3 \
    CMD ["/bin/sh", "-c", "test -n \"$(find /tmp/alive -newermt '-60 seconds')\""]
ENTRYPOINT ["/venv/bin/python", "-m", "logloop_emulator"]
