"""Integrations with other logging libraries. They import nothing of these, so this package does not require them."""
