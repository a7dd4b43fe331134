# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""The servers that are compared, each set up the way its manual recommends for a reverse proxy with TLS.

All of them: the same certificate, two threads or processes, keep-alive on both sides and without a cap on the requests
of a connection, no access log unless the name says so.
"""

import secrets
from base64 import b64encode

from identities import AUDIENCE, ISSUERS
from processes import Server, free_port


class Peers:
    def __init__(self, folder, gatecast, identities, login):
        self.folder = folder
        self.binary = gatecast
        self.identities = identities
        self.login = login
        self.started = []

    def start(self, name, command, port, environment=None):
        log = self.folder / f"{len(self.started)}-{command[0].split('/')[-1]}.log"
        server = Server(name, command, port, log, environment)
        self.started.append(server)
        return server

    def stop(self):
        for server in reversed(self.started):
            server.stop()

    def backend(self, name="backend"):
        port = free_port()
        return self.start(name, [str(self.folder / "backend"), str(port)], port)

    def gatecast(self, backend, level="warning", routes=1, extra="", auth="required"):
        """Everything at its default but what keep-alive for seconds, 5,000 clients of one address and 1 GiB need."""
        port, admin = free_port(), free_port()
        folder = self.folder / f"gatecast-{port}"
        folder.mkdir()
        config = folder / "gatecast.yaml"
        keys = self.folder
        table = "\n".join(
            f"  - {{ prefix: /padding/{number}/, upstream: backend, auth: required }}" for number in range(1, routes))
        config.write_text(f"""\
listen:    {{ public: "127.0.0.1:{port}", admin: "127.0.0.1:{admin}" }}
origins:   ["https://localhost:{port}"]
tls:       {{ certificate: {keys}/server.pem, key: {keys}/server.key }}
data:      {folder}
sessions:  {{ login: gatecast, upstream: login, key: "{b64encode(secrets.token_bytes(32)).decode()}" }}
issuers:
  - {{ iss: "{ISSUERS['ES256']}", aud: {AUDIENCE}, keyFile: {keys}/es256.pem, typ: JWT }}
  - {{ iss: "{ISSUERS['RS256']}", aud: {AUDIENCE}, keyFile: {keys}/rs256.pem, typ: JWT }}
  - {{ iss: "{ISSUERS['HS256']}", aud: {AUDIENCE}, secret: "${{BENCH_SECRET}}", typ: JWT }}
upstreams:
  backend: {{ endpoints: ["127.0.0.1:{backend.port}"], maxInFlight: 0, connectionsPerLoop: 8192 }}
  login: ["127.0.0.1:{self.login.port}"]
routes:
  - {{ prefix: /api/, upstream: backend, auth: {auth} }}
{table}
limits:    {{ requestsPerConnection: 0, connectionsPerAddress: 0, body: 0 }}
{extra}""")
        server = self.start(
            "gatecast", [str(self.binary), "serve", "--config", str(config)], port,
            {"LOG_LEVEL": level, "BENCH_SECRET": self.identities.secret})
        server.admin = admin
        return server

    def nginx(self, backend, auth=None, access_log=False):
        port = free_port()
        folder = self.folder / f"nginx-{port}"
        folder.mkdir()
        check = f"""
      auth_request /_auth;
    }}
    location = /_auth {{
      internal;
      proxy_pass http://auth;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";""" if auth else ""
        config = folder / "nginx.conf"
        config.write_text(f"""\
daemon off;
worker_processes 2;
worker_rlimit_nofile 20000;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 16000; }}
http {{
  access_log {f"{folder}/access.log" if access_log else "off"};
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  keepalive_requests 100000000;
  client_max_body_size 0;
  proxy_request_buffering off; proxy_max_temp_file_size 0;
  proxy_http_version 1.1;
  upstream backend {{ server 127.0.0.1:{backend.port}; keepalive 8192; keepalive_requests 100000000; }}
  upstream auth {{ server 127.0.0.1:{(auth or backend).port}; keepalive 8192; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port} ssl http2 backlog=4096;
    ssl_certificate {self.folder}/server.pem;
    ssl_certificate_key {self.folder}/server.key;
    location / {{
      proxy_pass http://backend;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto https;{check}
    }}
  }}
}}
""")
        return self.start("nginx", ["nginx", "-c", str(config)], port)

    def haproxy(self, backend, algorithm=None):
        """With `algorithm`: issuer, expiry and signature of a Bearer token, as HAProxy's own guide does it."""
        port = free_port()
        config = self.folder / f"haproxy-{port}.cfg"
        key = f'"{self.folder}/{algorithm.lower()}.pem"' if algorithm and algorithm != "HS256" else None
        check = f"""
  http-request set-var(txn.bearer) http_auth_bearer
  http-request set-var(txn.exp) var(txn.bearer),jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 unless {{ var(txn.bearer),jwt_header_query('$.alg') -m str {algorithm} }}
  http-request deny deny_status 401 unless {{ var(txn.bearer),jwt_payload_query('$.iss') -m str {ISSUERS[algorithm]} }}
  http-request deny deny_status 401 unless {{ var(txn.bearer),jwt_payload_query('$.aud') -m str {AUDIENCE} }}
  http-request deny deny_status 401 if {{ var(txn.exp),sub(txn.now) -m int lt 0 }}
  http-request deny deny_status 401 unless {{ var(txn.bearer),jwt_verify("{algorithm}",{key or '"' + self.identities.secret + '"'}) -m int 1 }}
""" if algorithm else ""
        config.write_text(f"""\
global
  nbthread 2
  maxconn 9000
defaults
  mode http
  timeout connect 2s
  timeout client 75s
  timeout server 60s
frontend public
  bind 127.0.0.1:{port} ssl crt {self.folder}/haproxy.pem alpn h2,http/1.1
  option forwardfor
  http-request set-header X-Forwarded-Proto https{check}
  default_backend upstream
backend upstream
  http-reuse always
  server one 127.0.0.1:{backend.port} pool-max-conn -1
""")
        return self.start("haproxy", ["haproxy", "-db", "-f", str(config)], port)
