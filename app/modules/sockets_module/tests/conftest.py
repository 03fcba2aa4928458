"""The users of these tests call the real port, where sockets are served."""

from tests.servers import client_of_port

server = client_of_port
