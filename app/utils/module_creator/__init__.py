"""Makes a module that runs, is tested and is typed from its first minute; and takes it back."""

from app.utils.module_creator.base_creator import CreatorError
from app.utils.module_creator.creator import ModuleCreator
from app.utils.module_creator.dialogue import main
from app.utils.module_creator.remover import ModuleRemover

__all__ = ["CreatorError", "ModuleCreator", "ModuleRemover", "main"]
