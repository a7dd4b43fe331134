# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""Who the run is: a CA and a certificate, signing keys, tokens, and one logged-in session."""

import http.server
import json
import secrets
import ssl
import threading
import urllib.request
from pathlib import Path

from processes import run

ISSUERS = {name: f"https://issuer-{name.lower()}.example" for name in ("HS256", "RS256", "ES256")}
AUDIENCE = "gatecast"


class Identities:
    def __init__(self, folder, minter):
        self.folder = folder
        self.minter = minter
        self._certificates()
        self.secret = secrets.token_hex(32)
        (folder / "hs256.secret").write_text(self.secret)
        run("openssl", "genrsa", "-out", folder / "rs256.key", "2048")
        run("openssl", "rsa", "-in", folder / "rs256.key", "-pubout", "-out", folder / "rs256.pem")
        run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", folder / "es256.key")
        run("openssl", "ec", "-in", folder / "es256.key", "-pubout", "-out", folder / "es256.pem")

    def _certificates(self):
        """The same P-256 leaf for every server."""
        f = self.folder
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", f / "ca.key", "-out", f / "ca.pem", "-days", "2", "-subj", "/CN=Gatecast benchmark CA")
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", f / "server.key", "-out", f / "server.csr", "-subj", "/CN=localhost")
        (f / "server.ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        run("openssl", "x509", "-req", "-in", f / "server.csr", "-CA", f / "ca.pem", "-CAkey", f / "ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", f / "server.ext", "-out", f / "server.pem")
        (f / "haproxy.pem").write_text((f / "server.pem").read_text() + (f / "server.key").read_text())
        for key in f.glob("*.key"):
            key.chmod(0o600)

    def mint(self, algorithm, count, file):
        """`count` different tokens, one a line."""
        suffix = "secret" if algorithm == "HS256" else "key"
        tokens = run(self.minter, algorithm, self.folder / f"{algorithm.lower()}.{suffix}", count,
                     ISSUERS[algorithm], AUDIENCE)
        Path(file).write_text(tokens)
        return file

    def token(self, algorithm):
        return self.mint(algorithm, 1, self.folder / "one.token").read_text().strip()

    def log_in(self, port):
        """The session cookie of a fresh login at the gateway on `port`."""
        origin = f"https://localhost:{port}"
        request = urllib.request.Request(
            origin + "/auth/login",
            data=json.dumps({"username": "bench", "password": "bench"}).encode(),
            headers={"Content-Type": "application/json", "Origin": origin, "Sec-Fetch-Site": "same-origin"},
        )
        trust = ssl.create_default_context(cafile=self.folder / "ca.pem")
        with urllib.request.urlopen(request, context=trust, timeout=10) as answer:
            for line in answer.headers.get_all("Set-Cookie"):
                if line.startswith("__Host-Http-sid="):
                    return line.split(";")[0]
        raise SystemExit("the login set no session cookie")


class LoginBackend:
    """Answers every login with a token of the ES256 issuer."""

    def __init__(self, identities):
        token = identities.token("ES256")

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = json.dumps({"access_token": token, "refresh_token": "refresh", "expires_in": 7000,
                                   "user": {"id": "0", "username": "bench"}}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
