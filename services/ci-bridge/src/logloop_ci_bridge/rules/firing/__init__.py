"""What happens when a rule matches: gates, actions and history."""
