# SPDX-License-Identifier: Apache-2.0
"""A network that can be cut: TCP between the browser and the gateway, on another loopback address and the same port."""
import contextlib
import socket
import threading


class Relay:
    """Chromium is told to find `localhost` here; the gateway listens on 127.0.0.1."""

    address = "127.0.0.2"

    def __init__(self, port):
        self.port = port
        self.sockets = set()
        self.lock = threading.Lock()
        self.is_cut = False
        self.listener = socket.create_server((self.address, port))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.is_cut:
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self.port))
            with self.lock:
                self.sockets |= {client, server}
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self.pump, args=pair, daemon=True).start()

    def pump(self, source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self.lock:
            self.sockets -= {source, target}

    def cut(self):
        """Every connection breaks, and new ones are closed at once."""
        self.is_cut = True
        with self.lock:
            for end in self.sockets:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def mend(self):
        self.is_cut = False

    def close(self):
        self.cut()
        self.listener.close()
