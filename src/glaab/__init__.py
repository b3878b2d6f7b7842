"""glaab, the GitLab Account Approval Bot."""

__version__ = "1.0.0"
