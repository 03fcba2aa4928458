"""Serves the messenger: `python main.py`."""

from app.fastapi_engine.server import main

if __name__ == "__main__":
    main()
