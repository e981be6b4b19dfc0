"""HTTP calls to addresses that users supply."""
