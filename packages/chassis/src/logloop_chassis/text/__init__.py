"""Text of users and logs, made safe to show and to send."""
