# Caddy with our routes and the web app: docker build -f docker/gateway.Dockerfile .
FROM node:24.19.0-bookworm-slim AS web
WORKDIR /web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web ./
RUN npm run build

FROM caddy:2.11.7 AS caddy
# A copy of the binary has no file capability. It needs none for port 8080, and with all capabilities dropped the kernel
# would refuse to start it.
RUN cp /usr/bin/caddy /tmp/caddy \
    && mv /tmp/caddy /usr/bin/caddy \
    && adduser -S -D -H -u 10001 -h /data logloop \
    && mkdir -p /data/caddy /config/caddy \
    && chown -R 10001 /data /config

# All of it as one layer: the layers of the base image would keep the first binary.
FROM scratch
# hadolint ignore=DL3067
COPY --from=caddy / /
COPY gateway/Caddyfile /etc/caddy/Caddyfile
COPY --from=web /gateway/page /srv/page
ENV XDG_CONFIG_HOME=/config \
    XDG_DATA_HOME=/data \
    LOGLOOP_GATEWAY_ADDRESS=http://:8080 \
    LOGLOOP_GATEWAY_BIND=0.0.0.0
USER 10001
WORKDIR /srv
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=4s --start-period=60s --retries=3 \
    CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/livez"]
ENTRYPOINT ["/usr/bin/caddy"]
CMD ["run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
