"""Manages a server: `python manage.py --help`."""

from app.utils.launcher import launch

if __name__ == "__main__":
    launch("app.commands")
