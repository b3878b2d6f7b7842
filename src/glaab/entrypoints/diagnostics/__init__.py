"""What `glaab doctor` looks at beyond each system: settings, policy, and how checks are run."""
