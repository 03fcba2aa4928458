"""`python manage.py`: what whoever runs the server types."""

from app.commands.manage import main

__all__ = ["main"]
