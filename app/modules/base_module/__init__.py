"""What all modules share: base models of requests and responses, pages, problem details, cursors; and the root path."""
