from app.modules.replies_module.services import REPLY_TO
from app.utils.module import Module

module = Module(
    name="replies",
    description="A snippet of the message that a reply answers",
    depends_on=("base", "messages"),
    contributes=(REPLY_TO,),
)
