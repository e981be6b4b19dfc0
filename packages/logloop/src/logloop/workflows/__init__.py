"""Workflow files on this machine: found, checked and compared with the platform."""
