"""Incoming webhooks: secret addresses at which programs post messages to a chat, as to Slack."""
