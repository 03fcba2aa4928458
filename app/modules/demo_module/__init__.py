"""A believable demo: people, their chats and what they have said, for looking around and for trying things under load.

It writes finished history into the tables of other modules, by COPY, as no service would: so it alone may know them.
"""
