# One image definition for the four services: docker build -f docker/service.Dockerfile --build-arg SERVICE=ingest .
# /venv holds the libraries that all services need, the same layer in each image. /service holds what one service adds.
FROM python:3.11.14-slim-bookworm AS tools
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    UV_NO_CACHE=1 \
    UV_LINK_MODE=copy
# hadolint ignore=DL3008  # `strip` is not part of the image that runs
RUN apt-get update \
    && apt-get install --yes --no-install-recommends binutils \
    && rm -rf /var/lib/apt/lists/* \
    && pip install --no-cache-dir uv==0.13.9
COPY docker/trim /usr/local/bin/trim

# Versions and hashes come from the lock.
FROM tools AS libraries
WORKDIR /src
COPY requirements.lock ./
COPY packages/contracts/pyproject.toml packages/contracts/
COPY packages/chassis/pyproject.toml packages/chassis/
RUN uv venv /venv \
    && echo logloop-contracts > own.txt \
    && uv pip install --python /venv --constraint requirements.lock --excludes own.txt --extra arrow \
        -r packages/contracts/pyproject.toml -r packages/chassis/pyproject.toml \
    && trim /venv/lib/python3.*/site-packages

FROM libraries AS service
ARG SERVICE
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
COPY packages/contracts packages/contracts
COPY packages/chassis packages/chassis
COPY services/${SERVICE} services/${SERVICE}
RUN uv pip list --python /venv --format freeze | cut -d = -f 1 > installed.txt \
    && uv pip install --python /venv --no-sources --constraint requirements.lock --excludes installed.txt \
        --target /service/packages ./packages/contracts ./packages/chassis "./services/${SERVICE}" \
    && trim /service/packages
COPY docker/load.py docker/check-ready /service/
# Stores the bytecode of what the service imports, also from the standard library, and fails if `trim` removed too much.
RUN PYTHONPATH=/service/packages PYTHONPYCACHEPREFIX=/service/bytecode \
        /venv/bin/python /service/load.py "logloop_${SERVICE//-/_}" \
    && rm /service/load.py \
    && printf '#!/bin/sh\nexec /venv/bin/python -m logloop_%s\n' "${SERVICE//-/_}" > /service/serve \
    && chmod 755 /service/serve

FROM python:3.11.14-slim-bookworm
# Not useradd --system: it warns about an id above 999.
RUN useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin logloop
COPY --from=libraries /venv /venv
COPY --from=service /service /service
ARG SERVICE
LABEL org.opencontainers.image.title="logloop-${SERVICE}" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/venv/bin:$PATH \
    PYTHONPATH=/service/packages \
    PYTHONPYCACHEPREFIX=/service/bytecode \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LOGLOOP_HOST=0.0.0.0 \
    LOGLOOP_PORT=8000
# A new volume gets the owner of the folder where it is mounted: broker-accounts writes here.
RUN install --directory --owner 10001 /accounts/rabbitmq /accounts/ingest /accounts/query /accounts/analyzer /accounts/ci-bridge
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=4s --start-period=60s --retries=3 \
    CMD ["/service/check-ready"]
ENTRYPOINT ["/service/serve"]
