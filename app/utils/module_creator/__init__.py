"""Creates a module with routes, tests and types that work at once, and removes it."""

from app.utils.module_creator.base_creator import CreatorError
from app.utils.module_creator.creator import ModuleCreator
from app.utils.module_creator.dialogue import main
from app.utils.module_creator.remover import ModuleRemover

__all__ = ["CreatorError", "ModuleCreator", "ModuleRemover", "main"]
