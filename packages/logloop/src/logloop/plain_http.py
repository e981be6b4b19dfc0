"""For HTTP clients that only call processes on this machine."""

import ssl

WITHOUT_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""The `verify` of httpx clients that call loopback over plain HTTP. It trusts no certificate.

By default each client loads the certificates of all authorities, which takes about 30 ms of CPU time.
"""
