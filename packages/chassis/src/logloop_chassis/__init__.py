"""What each Logloop service needs and nothing of the domain."""
