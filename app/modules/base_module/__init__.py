"""What every module speaks with: the shapes of requests, pages and problems, and the root address."""
