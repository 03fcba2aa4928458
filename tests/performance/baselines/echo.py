"""The minimum that FastAPI does for a send: the same models, but no database, identity or log."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from fastapi import FastAPI

from app.modules.messages_module.schemas import MessageCreate, MessageRead

app = FastAPI()


@app.post("/chats/{chat_id}/messages", status_code=201)
async def send(chat_id: UUID, body: MessageCreate) -> MessageRead:
    return MessageRead(
        id=uuid4(),
        chat_id=chat_id,
        seq=1,
        client_msg_id=body.client_msg_id,
        sender_id=chat_id,
        type="text",
        text=body.text,
        reply_to_seq=body.reply_to_seq,
        created_at=datetime.now(UTC),
        edited_at=None,
        deleted_at=None,
        reactions=[],
    )
