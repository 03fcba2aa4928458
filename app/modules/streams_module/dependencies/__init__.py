from typing import Annotated

from app.dependencies.services_dependency import service
from app.modules.streams_module.dependencies.reading import EVENTS_ANSWERS, EventsQuery, answer_events
from app.modules.streams_module.services.log import Log
from app.modules.streams_module.services.reader import LogReader
from app.modules.streams_module.services.reads import StreamReads

LogDep = Annotated[Log, service(Log)]
StreamReadsDep = Annotated[StreamReads, service(StreamReads)]
LogReaderDep = Annotated[LogReader, service(LogReader)]

__all__ = ["EVENTS_ANSWERS", "EventsQuery", "LogDep", "LogReaderDep", "StreamReadsDep", "answer_events"]
