"""The commands of `python manage.py`, for operators and developers."""

from app.commands.manage import main

__all__ = ["main"]
