from app.modules.search_module.schemas.found import Highlight, IndexedThrough, make_found_page

__all__ = ["Highlight", "IndexedThrough", "make_found_page"]
