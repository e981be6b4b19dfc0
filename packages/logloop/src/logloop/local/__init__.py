"""The local platform: a private RabbitMQ, a private MongoDB, the services and the gateway as child processes."""
