# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""Serves one preset's Django project on a free loopback port until it is told to end.

INTEROP_PRESET names the settings module, INTEROP_DATA the folder of the database; rotation and the like are switches in
interop/settings/base.py. Once it listens it says so in one line of JSON on standard error, as the gateway does.
"""

import json
import os
import signal
import socketserver
import sys
import threading
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

older = os.environ.get("INTEROP_OLDER")
if older:
    sys.path.insert(0, older)
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
os.environ["DJANGO_SETTINGS_MODULE"] = f"interop.settings.{os.environ['INTEROP_PRESET']}"

import django  # noqa: E402

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format, *args):
        """Request lines go nowhere: they would fill the test's log."""


call_command("migrate", verbosity=0, interactive=False)
get_user_model().objects.create_user("ana", "ana@example.org", "correct horse battery")
server = make_server("127.0.0.1", 0, get_wsgi_application(), Server, Handler)
# The server's loop runs in this thread, and shutting it down waits for the loop: so from another one.
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
address = f"127.0.0.1:{server.server_port}"
print(json.dumps({"msg": "listening", "listener": "django", "address": address}), file=sys.stderr, flush=True)
server.serve_forever(poll_interval=0.1)
