"""The services of chats as parameter types."""

from typing import Annotated

from app.dependencies.services_dependency import service
from app.modules.chats_module.services.deletion import Deletions
from app.modules.chats_module.services.member_views import MemberViews
from app.modules.chats_module.services.parts import ChatParts
from app.modules.chats_module.services.rules import MemberRules

DeletionsDep = Annotated[Deletions, service(Deletions)]
MemberViewsDep = Annotated[MemberViews, service(MemberViews)]
MemberRulesDep = Annotated[MemberRules, service(MemberRules)]
PartsDep = Annotated[ChatParts, service(ChatParts)]
