"""The pure core: what is decided, and what is asked of the world."""
