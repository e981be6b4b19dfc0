"""Makes log text safe to show and to send."""
