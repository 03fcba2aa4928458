"""One append-only log a stream, numbered 1, 2, 3, ... in commit order with no hole.

A chat's id and an account's id are stream ids. Events are written in the transaction of the change that they tell.
"""
