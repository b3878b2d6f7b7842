"""Settings: every variable, what it may be, its default, and how it is read."""
