"""What every command stands on: composition, messages, signals, files."""
