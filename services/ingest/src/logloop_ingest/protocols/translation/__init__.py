"""What the translators of several protocols share."""
