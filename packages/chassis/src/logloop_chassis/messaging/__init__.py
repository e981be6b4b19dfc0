"""RabbitMQ: topology, publishing, consuming and dead letters."""
