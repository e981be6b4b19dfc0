"""The local platform: a private RabbitMQ, a private MongoDB, the services and the gateway as child processes.

It must not know what travels through them.
"""
