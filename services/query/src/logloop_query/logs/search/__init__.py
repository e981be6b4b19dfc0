"""Search over log segments: text to filter, filter to plan, plan to rows. It must not know HTTP or MongoDB."""
