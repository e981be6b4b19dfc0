"""MongoDB collections that ci-bridge owns; pymongo is used here and nowhere else in the service."""
