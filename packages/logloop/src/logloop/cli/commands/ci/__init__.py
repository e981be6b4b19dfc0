"""`logloop ci`, one module per group of commands."""
