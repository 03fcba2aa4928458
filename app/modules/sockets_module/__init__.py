"""WebSockets: one socket for all streams of an account, with requests and signals."""
