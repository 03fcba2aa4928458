"""What the tables of files rely on."""

from app.utils.invariants import Invariant

_AVATARS = """
SELECT account_id AS stream_id, account_id, attachment_id FROM account_avatar
UNION ALL SELECT chat_id, account_id, attachment_id FROM chat_avatar
"""
_IS_KEPT = """
EXISTS (
    SELECT FROM attachment a WHERE a.id = v.attachment_id AND a.owner_id = v.account_id
      AND a.state = 'ready' AND a.chat_id IS NULL AND a.expires_at IS NULL
)
"""
# One that is processed at present is shown later, and none in a deleted chat.
_IS_NOT_SHOWN = """
f.position < 0 AND a.id = f.attachment_id AND c.id = f.chat_id AND c.deleted_at IS NULL
    AND m.chat_id = f.chat_id AND m.seq = f.seq AND m.deleted_at IS NULL
    AND m.parts -> 'link_previews' -> 0 ->> 'attachment_id' IS DISTINCT FROM a.id::text
    AND (a.state <> 'processing' OR coalesce(json_array_length(m.parts -> 'link_previews'), 0) = 0)
"""
INVARIANTS = (
    Invariant(
        says="an account uses as many bytes as its files have",
        find="""
            SELECT coalesce(u.account_id, a.owner_id) AS stream_id,
                   format('%s bytes are counted, the files have %s', coalesce(u.bytes, 0), coalesce(a.bytes, 0))
                   AS detail
            FROM attachment_usage u
            FULL JOIN (SELECT owner_id, sum(reserved) AS bytes FROM attachment GROUP BY owner_id) a
                ON a.owner_id = u.account_id
            WHERE coalesce(u.bytes, 0) <> coalesce(a.bytes, 0)
        """,
        advice="the quota of these accounts is wrong; --fix counts the bytes again",
        fix=(
            # In a statement before: an upload that is committed while the other one waits would not be counted.
            "SELECT FROM attachment_usage WHERE account_id = ANY($1) ORDER BY account_id FOR UPDATE",
            """
            UPDATE attachment_usage u SET bytes = coalesce(
                (SELECT sum(reserved) FROM attachment a WHERE a.owner_id = u.account_id), 0
            ) WHERE u.account_id = ANY($1)
            """,
        ),
    ),
    Invariant(
        says="a file that belongs to a message is in the list of its chat",
        find="""
            SELECT a.chat_id AS stream_id, format('file %s of message %s', a.id, a.seq) AS detail
            FROM attachment a
            WHERE a.chat_id IS NOT NULL AND a.state <> 'deleted' AND NOT EXISTS (
                SELECT FROM message_attachment m
                WHERE m.chat_id = a.chat_id AND m.seq = a.seq AND m.attachment_id = a.id
            )
        """,
        advice="members open it from the message, and not from the list of files: restore a backup, or send it again",
    ),
    Invariant(
        says="a message shows the files that it carries",
        find="""
            SELECT f.chat_id AS stream_id, format('file %s of message %s', a.id, f.seq) AS detail
            FROM message_attachment f JOIN attachment a ON a.id = f.attachment_id
            JOIN message m ON m.chat_id = f.chat_id AND m.seq = f.seq
            WHERE f.position >= 0 AND m.deleted_at IS NULL AND m.parts -> 'attachments' IS NULL
            ORDER BY f.chat_id, f.seq, f.position
        """,
        advice="messages were edited while the module was disabled; --fix shows their files again, without an event;"
        " clients see them in their next read, and `has:file` finds them after `python manage.py search rebuild`",
        fix=(
            # As new messages show them: `view_in_message`.
            """
            UPDATE message m
            SET parts = (coalesce(m.parts::jsonb, '{}') || jsonb_build_object('attachments', carried.files))::json
            FROM (
                SELECT f.chat_id, f.seq, json_agg(json_build_object(
                    'id', a.id, 'filename', a.filename, 'content_type', a.content_type, 'size', a.size,
                    'width', a.width, 'height', a.height, 'blurhash', a.blurhash, 'state', a.state
                ) ORDER BY f.position) AS files
                FROM message_attachment f JOIN attachment a ON a.id = f.attachment_id
                WHERE f.chat_id = ANY($1) AND f.position >= 0 GROUP BY f.chat_id, f.seq
            ) carried
            WHERE m.chat_id = carried.chat_id AND m.seq = carried.seq
              AND m.deleted_at IS NULL AND m.parts -> 'attachments' IS NULL
            """,
        ),
    ),
    Invariant(
        says="a deleted message has no files",
        # A message without a row in a chat that is not purged is lost, and may come back with a backup.
        find="""
            SELECT a.chat_id AS stream_id, format('file %s of message %s', a.id, a.seq) AS detail
            FROM attachment a JOIN chat c ON c.id = a.chat_id
            LEFT JOIN message m ON m.chat_id = a.chat_id AND m.seq = a.seq
            WHERE a.state <> 'deleted'
                AND (c.purged_at IS NOT NULL OR c.deleted_at IS NULL AND m.deleted_at IS NOT NULL)
        """,
        advice="messages or chats were deleted while the module was disabled; --fix has their files collected",
        fix=(
            """
            WITH dropped AS (
                DELETE FROM message_attachment f USING chat c
                WHERE f.chat_id = ANY($1) AND c.id = f.chat_id AND (c.purged_at IS NOT NULL OR EXISTS (
                    SELECT FROM message m
                    WHERE m.chat_id = f.chat_id AND m.seq = f.seq AND m.deleted_at IS NOT NULL
                )) RETURNING attachment_id
            )
            UPDATE attachment SET state = 'deleted', expires_at = now()
            FROM dropped WHERE id = dropped.attachment_id
            """,
        ),
    ),
    Invariant(
        says="the image of a link preview is shown in it",
        find=f"""
            SELECT f.chat_id AS stream_id, format('file %s of message %s', f.attachment_id, f.seq) AS detail
            FROM message_attachment f, message m, attachment a, chat c WHERE {_IS_NOT_SHOWN}
        """,  # noqa: S608 - constants only
        advice="messages were edited while a module was disabled; --fix has these images collected",
        fix=(
            f"""
            WITH dropped AS (
                DELETE FROM message_attachment f USING message m, attachment a, chat c
                WHERE f.chat_id = ANY($1) AND {_IS_NOT_SHOWN} RETURNING attachment_id
            )
            UPDATE attachment SET state = 'deleted', expires_at = now()
            FROM dropped WHERE id = dropped.attachment_id
            """,  # noqa: S608 - constants only
        ),
    ),
    Invariant(
        says="each avatar is an image that is kept for it",
        find=f"""
            SELECT v.stream_id, format('file %s', v.attachment_id) AS detail
            FROM ({_AVATARS}) v WHERE NOT {_IS_KEPT}
        """,  # noqa: S608 - constants only
        advice="its address is answered 404; --fix removes these avatars, and they can be set again",
        fix=(
            f"DELETE FROM account_avatar v WHERE v.account_id = ANY($1) AND NOT {_IS_KEPT}",  # noqa: S608
            f"DELETE FROM chat_avatar v WHERE v.chat_id = ANY($1) AND NOT {_IS_KEPT}",  # noqa: S608
        ),
    ),
    Invariant(
        says="a file that no message carries is collected some day, or is an avatar",
        find=f"""
            SELECT a.owner_id AS stream_id, format('file %s', a.id) AS detail
            FROM attachment a LEFT JOIN ({_AVATARS}) v ON v.attachment_id = a.id
            WHERE a.chat_id IS NULL AND a.expires_at IS NULL AND v.attachment_id IS NULL
        """,  # noqa: S608 - constants only
        advice="these files take space and no client can use them; --fix has them collected",
        fix=(
            f"""
            UPDATE attachment a SET state = 'deleted', expires_at = now()
            WHERE a.owner_id = ANY($1) AND a.chat_id IS NULL AND a.expires_at IS NULL
              AND NOT EXISTS (SELECT FROM ({_AVATARS}) v WHERE v.attachment_id = a.id)
            """,  # noqa: S608 - constants only
        ),
    ),
)
