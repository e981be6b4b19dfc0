"""The two workflows of the demo. The output of the first one makes a second rule start the other one."""

PROBE_EVENT = "logloop.payment.timeout-burst"
UNREACHABLE = "payment provider unreachable"
PROBE = f"""name: probe payment provider
on:
  repository_dispatch:
    types: [{PROBE_EVENT}]
jobs:
  probe:
    runs-on: ubuntu-latest
    steps:
      - name: Probe the provider
        run: |
          echo "probing on behalf of rule ${{{{ github.event.client_payload.logloop.rule }}}}"
          echo "::error::{UNREACHABLE}: no response to 3 of 3 probes"
"""
BREAKER_EVENT = "logloop.payment.open-breaker"
BREAKER = f"""name: open circuit breaker
on:
  repository_dispatch:
    types: [{BREAKER_EVENT}]
jobs:
  breaker:
    runs-on: ubuntu-latest
    steps:
      - name: Open the breaker
        run: echo "circuit breaker of the payment provider is open"
"""
