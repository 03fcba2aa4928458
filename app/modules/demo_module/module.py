from app.utils.module import Module

module = Module(
    name="demo",
    description="Demo data: python manage.py seed",
    depends_on=("base", "accounts", "streams", "chats", "messages"),
    on_by_default=False,
)
