from app.services.errors import Conflict, ErrorText, ValidationFailed


class NoSuchRoot(ValidationFailed):
    def __init__(self) -> None:
        super().__init__(("body", "root_seq"), "no message has this sequence number")


class TooManyThreads(Conflict):
    title = "You have reached the limit of threads"


class RootIsReply(Conflict):
    code = "root_is_reply"
    title = "This message belongs to a thread and cannot be the root of another one"
    text = ErrorText(
        "`root_seq` names a message that is itself a reply of a thread; threads have one level",
        "use the `root_seq` of that message",
        "`root_seq` указывает на сообщение, которое само входит в ветку; вложенных веток нет",
        "используйте `root_seq` этого сообщения",
    )
