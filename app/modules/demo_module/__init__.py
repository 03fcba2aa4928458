"""Demo data: accounts, chats and messages, for looking around and for load tests.

It writes a finished history into the tables of other modules, by COPY. It is the only module that may use the tables of
others, because their services cannot write history.
"""
