"""WebSockets: one socket for all of an account's streams, with requests and signals beside them."""
