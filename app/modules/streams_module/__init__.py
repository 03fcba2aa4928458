"""Event logs. Each stream is append-only and numbered 1, 2, 3, ... in commit order without gaps.

The ids of chats and accounts are stream ids. An event is written in the transaction of the change that it describes.
"""
