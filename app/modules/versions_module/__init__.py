"""Earlier texts of edited messages."""
