from app.modules.search_module.schemas.found import Highlight, IndexedThrough, make_found_page
from app.modules.search_module.schemas.suggestions import make_suggestions

__all__ = ["Highlight", "IndexedThrough", "make_found_page", "make_suggestions"]
