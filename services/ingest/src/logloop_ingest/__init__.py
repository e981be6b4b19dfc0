"""Accepts logs over HTTP and AMQP and publishes them as confirmed Arrow batches."""
