"""How the ports are fulfilled: for real, or in memory."""
