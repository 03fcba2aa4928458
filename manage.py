"""Manages a server: `python manage.py --help`."""

from app.commands import main

if __name__ == "__main__":
    main()
