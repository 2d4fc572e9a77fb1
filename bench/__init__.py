"""Gas of what holders and agents do, beside what peers pay for the same work."""
