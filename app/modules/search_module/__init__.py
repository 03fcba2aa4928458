"""Search: an index of messages that follows the event log, and the queries that it answers."""
