"""GitLab: the accounts that wait, and the notes on them."""
