"""Makes log text safe to display and to send to a model."""
