# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""The servers that push: Gatecast with every cap lifted, nginx with nchan, a bare loop, and the Redis behind them.

`port` of each speaks TLS, `plain` does not.
"""

import secrets
from base64 import b64encode

from identities import AUDIENCE, ISSUERS
from processes import free_port


class LivePeers:
    def __init__(self, peers):
        self.peers = peers

    def _folder(self, name):
        folder = self.peers.folder / f"{name}-{free_port()}"
        folder.mkdir()
        return folder

    def redis(self):
        port = free_port()
        folder = self._folder("redis")
        return self.peers.start(
            "redis", ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                      "--dir", str(folder), "--daemonize", "no"], port)

    def gatecast(self, redis=None, sessions=False):
        """Anonymous `bench` and below it; with `sessions` a login that the run's identity passes."""
        port, plain, admin = free_port(), free_port(), free_port()
        folder, keys = self._folder("live"), self.peers.folder
        identities = self.peers.identities
        config = folder / "gatecast.yaml"
        login = f"""
sessions:  {{ login: gatecast, upstream: login, key: "{b64encode(secrets.token_bytes(32)).decode()}" }}
issuers:   [{{ iss: "{ISSUERS['ES256']}", aud: {AUDIENCE}, keyFile: {keys}/es256.pem, typ: JWT }}]
upstreams: {{ login: ["127.0.0.1:{self.peers.login.port}"] }}
""" if sessions else ""
        config.write_text(f"""\
listen:    {{ public: "127.0.0.1:{port}", internal: "127.0.0.1:{plain}", admin: "127.0.0.1:{admin}" }}
origins:   ["https://localhost:{port}"]
tls:       {{ certificate: {keys}/server.pem, key: {keys}/server.key }}
data:      {folder}
admin:     {{ token: "${{BENCH_SECRET}}" }}
limits:    {{ connectionsPerAddress: 0 }}
{f'redis:     {{ url: "redis://127.0.0.1:{redis.port}" }}' if redis else ''}{login}
live:
  anonymous: [bench, "bench.*"]
  limits: {{ perSession: 0, perUser: 0, perAddress: 0, joins: 0, operations: 0 }}
""")
        server = self.peers.start(
            "gatecast", [str(self.peers.binary), "serve", "--config", str(config)], port,
            {"LOG_LEVEL": "error", "BENCH_SECRET": identities.secret})
        server.plain, server.admin, server.token = plain, admin, identities.secret
        return server

    def nchan(self, redis=None):
        """nginx with nchan: any channel under /live/, kept in its memory or in Redis."""
        port, plain = free_port(), free_port()
        folder, keys = self._folder("nchan"), self.peers.folder
        store = f"nchan_redis_url redis://127.0.0.1:{redis.port}; nchan_use_redis on;" if redis else ""
        config = folder / "nginx.conf"
        config.write_text(f"""\
load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
daemon off;
worker_processes 2;
worker_rlimit_nofile 20000;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 16000; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  keepalive_requests 100000000;
  nchan_shared_memory_size 512M;
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096;
    listen 127.0.0.1:{plain} backlog=4096;
    ssl_certificate {keys}/server.pem;
    ssl_certificate_key {keys}/server.key;
    ssl_session_cache shared:tls:20m;
    location ~ ^/live/(.+)$ {{ nchan_subscriber websocket; nchan_channel_id $1; nchan_subscriber_first_message newest; {store} }}
    location ~ ^/publish/(.+)$ {{ nchan_publisher; nchan_channel_id $1; {store} }}
  }}
}}
""")
        server = self.peers.start("nchan", ["nginx", "-e", f"{folder}/error.log", "-c", str(config)], port)
        server.plain = plain
        return server

    def floor(self, mode):
        """The bare loop; see floor.c."""
        port = free_port()
        keys = self.peers.folder
        command = [str(keys / "floor"), str(port), mode, f"{keys}/server.pem", f"{keys}/server.key"]
        server = self.peers.start("floor", command, port)
        server.plain = port
        return server
