"""What replies show of the messages that they answer."""
