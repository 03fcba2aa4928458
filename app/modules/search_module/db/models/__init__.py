from app.modules.search_module.db.models.search import SearchBuild, SearchMessage, SearchMessageNext

__all__ = ["SearchBuild", "SearchMessage", "SearchMessageNext"]
