"""The page at `/ui`: a small chat client for the browser, served as static files."""
