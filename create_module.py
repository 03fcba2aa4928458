"""Makes a new module: `python create_module.py`, and it asks for the name."""

from app.utils.module_creator import main

if __name__ == "__main__":
    main()
