"""Creates a new module: `python create_module.py`, which asks for the name."""

from app.utils.launcher import launch

if __name__ == "__main__":
    launch("app.utils.module_creator")
