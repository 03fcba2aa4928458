"""Mail: other modules send mails through it, as jobs."""
