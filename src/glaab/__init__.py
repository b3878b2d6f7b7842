"""glaab, the GitLab Account Approval Bot."""
