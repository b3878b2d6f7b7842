"""What people and schedulers start."""
