"""A server that is none: the same octets for everybody."""

import socket
import threading
from contextlib import contextmanager, suppress


@contextmanager
def saying(octets):
    """Its URL; None: it takes connections and never answers."""
    door = socket.create_server(("127.0.0.1", 0))
    held = []

    def serve():
        while True:
            try:
                connection, _ = door.accept()
            except OSError:
                return
            held.append(connection)
            if octets is not None:
                with connection, suppress(OSError):  # who is called may hang up
                    connection.recv(65536)
                    connection.sendall(octets)

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{door.getsockname()[1]}"
    with suppress(OSError):
        door.shutdown(socket.SHUT_RDWR)
    door.close()
    for connection in held:
        connection.close()
