# One image definition for the four services: docker build -f docker/service.Dockerfile --build-arg SERVICE=ingest .
FROM python:3.11.14-slim-bookworm AS build
ARG SERVICE
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    UV_COMPILE_BYTECODE=1 \
    UV_NO_CACHE=1
RUN pip install --no-cache-dir uv==0.13.9 && uv venv /venv
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /src
COPY requirements.lock ./
COPY packages/contracts packages/contracts
COPY packages/chassis packages/chassis
COPY services/${SERVICE} services/${SERVICE}
# Versions and hashes come from the lock; only what this service needs is installed.
RUN VIRTUAL_ENV=/venv uv pip install --no-sources --constraint requirements.lock \
        "./packages/contracts[arrow]" ./packages/chassis "./services/${SERVICE}" \
    && printf '#!/bin/sh\nexec /venv/bin/python -m logloop_%s\n' "${SERVICE//-/_}" > /venv/bin/serve \
    && chmod 755 /venv/bin/serve
COPY docker/trim /usr/local/bin/trim
RUN trim /venv
COPY docker/check-ready /venv/bin/check-ready

FROM python:3.11.14-slim-bookworm
ARG SERVICE
LABEL org.opencontainers.image.title="logloop-${SERVICE}" \
      org.opencontainers.image.licenses="Apache-2.0"
# Not useradd --system: it warns about an id above 999.
RUN useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin logloop
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LOGLOOP_HOST=0.0.0.0 \
    LOGLOOP_PORT=8000
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=4s --start-period=60s --retries=3 \
    CMD ["/venv/bin/check-ready"]
ENTRYPOINT ["/venv/bin/serve"]
