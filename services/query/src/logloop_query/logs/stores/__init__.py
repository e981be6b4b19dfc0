"""The collections that query writes; PyMongo is imported here and nowhere else in the service."""
