from app.services.errors import NotFound


class FileNotFound(NotFound):
    title = "The page has no such file"
