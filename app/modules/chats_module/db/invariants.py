"""The invariants of chats and memberships, checked by `manage.py doctor`. Most of them leave deleted chats out."""

from app.utils.invariants import Invariant

INVARIANTS = (
    Invariant(
        says="every chat has a stream",
        find="""
            SELECT c.id AS stream_id, 'there is no stream' AS detail
            FROM chat c LEFT JOIN stream s ON s.id = c.id WHERE s.id IS NULL
        """,
        advice="members cannot write to the chat; --fix creates the stream again, empty",
        fix=("INSERT INTO stream (id) SELECT id FROM chat WHERE id = ANY($1) ON CONFLICT (id) DO NOTHING",),
    ),
    Invariant(
        says="member_count is the number of members",
        find="""
            SELECT c.id AS stream_id, format('member_count is %s, there are %s', c.member_count, count(m.*)) AS detail
            FROM chat c LEFT JOIN chat_member m ON m.chat_id = c.id
            WHERE c.deleted_at IS NULL GROUP BY c.id HAVING count(m.*) <> c.member_count
        """,
        advice="--fix counts the members again",
        fix=(
            """
            UPDATE chat c SET member_count = (SELECT count(*) FROM chat_member m WHERE m.chat_id = c.id)
            WHERE c.id = ANY($1)
            """,
        ),
    ),
    Invariant(
        says="no read position is beyond the newest message",
        find="""
            SELECT c.id AS stream_id, format('%s has read %s of %s', m.account_id, m.read_seq, c.last_seq) AS detail
            FROM chat c JOIN chat_member m ON m.chat_id = c.id AND m.read_seq > c.last_seq WHERE c.deleted_at IS NULL
        """,
        advice="--fix moves the read position to the newest message",
        fix=(
            """
            UPDATE chat_member m SET read_seq = c.last_seq FROM chat c
            WHERE c.id = ANY($1) AND m.chat_id = c.id AND m.read_seq > c.last_seq
            """,
        ),
    ),
    Invariant(
        says="the chat is in the chat list of every member",
        find="""
            SELECT m.chat_id AS stream_id, format('%s does not see it', m.account_id) AS detail
            FROM chat_member m JOIN chat c ON c.id = m.chat_id AND c.deleted_at IS NULL
            LEFT JOIN account_chat a ON a.account_id = m.account_id AND a.chat_id = m.chat_id
            WHERE a.chat_id IS NULL
        """,
        advice="--fix adds the chat to the list",
        fix=(
            """
            INSERT INTO account_chat (account_id, chat_id, joined_seq)
            SELECT m.account_id, m.chat_id, coalesce(s.last_seq, 0)
            FROM chat_member m LEFT JOIN stream s ON s.id = m.account_id WHERE m.chat_id = ANY($1)
            ON CONFLICT DO NOTHING
            """,
        ),
    ),
    Invariant(
        says="no chat is in the chat list of an account that is not a member",
        find="""
            SELECT a.chat_id AS stream_id, format('%s is no member', a.account_id) AS detail
            FROM account_chat a LEFT JOIN chat_member m ON m.chat_id = a.chat_id AND m.account_id = a.account_id
            WHERE m.chat_id IS NULL
        """,
        advice="--fix removes the chat from the list",
        fix=(
            """
            DELETE FROM account_chat a WHERE a.chat_id = ANY($1) AND NOT EXISTS (
                SELECT FROM chat_member m WHERE m.chat_id = a.chat_id AND m.account_id = a.account_id
            )
            """,
        ),
    ),
    Invariant(
        says="every group and channel has exactly one owner, who is a member",
        find="""
            SELECT c.id AS stream_id, format('owner_id is %s, the owners are {%s}', coalesce(c.owner_id::text, 'null'),
                   string_agg(m.account_id::text, ', ')) AS detail
            FROM chat c LEFT JOIN chat_member m ON m.chat_id = c.id AND m.role = 'owner'
            WHERE c.deleted_at IS NULL AND c.type <> 'direct'
            GROUP BY c.id HAVING count(m.*) <> 1 OR bool_or(m.account_id IS DISTINCT FROM c.owner_id)
        """,
        advice="choose the owner and store it in chat.owner_id and chat_member.role",
    ),
    Invariant(
        says="no direct chat has only erased members",
        find="""
            SELECT c.id AS stream_id, string_agg(a.username, ' and ' ORDER BY a.username) AS detail
            FROM chat c JOIN chat_member m ON m.chat_id = c.id JOIN account a ON a.id = m.account_id
            WHERE c.type = 'direct' AND c.deleted_at IS NULL
            GROUP BY c.id HAVING bool_and(coalesce(a.erased_at < now() - interval '1 day', false))
        """,
        advice="`python manage.py account erase` with one of these usernames deletes the chat",
    ),
    Invariant(
        says="the contents of every chat are deleted within a day after the chat",
        find="""
            SELECT id AS stream_id, format('it was deleted at %s', deleted_at) AS detail FROM chat
            WHERE deleted_at < now() - interval '1 day' AND purged_at IS NULL ORDER BY deleted_at
        """,
        advice="the log says why: `the deletion of chat ... was interrupted`",
    ),
)
