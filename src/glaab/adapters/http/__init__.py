"""HTTP sessions, their errors, and the structure of what comes over them."""
