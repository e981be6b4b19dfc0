# Caddy with our routes and the page: docker build -f docker/gateway.Dockerfile .
FROM caddy:2.11.7
# Writing the binary anew drops its file capability: it needs none for port 8080, and with all capabilities
# dropped the kernel would refuse to start it.
RUN cat /usr/bin/caddy > /usr/local/bin/caddy \
    && chmod 755 /usr/local/bin/caddy \
    && rm /usr/bin/caddy \
    && adduser -S -D -H -u 10001 -h /data logloop \
    && mkdir -p /data/caddy /config/caddy \
    && chown -R 10001 /data /config
COPY gateway/Caddyfile /etc/caddy/Caddyfile
COPY gateway/page /srv/page
ENV LOGLOOP_GATEWAY_ADDRESS=http://:8080 \
    LOGLOOP_GATEWAY_BIND=0.0.0.0
USER 10001
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=4s --start-period=60s --retries=3 \
    CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/livez"]
ENTRYPOINT ["/usr/local/bin/caddy"]
CMD ["run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
