"""The service: the loop of looks and full runs, and how it tells how it is."""
