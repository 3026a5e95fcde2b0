"""A small stand-in for a forge: what `gh auth status` asks of GitHub, and repositories for git.

Whoever shows the token in /forge/token is let in. Nothing else is, and each attempt is one line.
"""

import base64
import http.server
import json

TOKEN = "/forge/token"
REPOSITORIES = "/forge/repositories"


class Forge(http.server.SimpleHTTPRequestHandler):
    """Files for git, two answers for gh."""

    def __init__(self, *arguments):
        super().__init__(*arguments, directory=REPOSITORIES)

    def shown_token(self):
        """The token that the client sent, as gh or as git sends it."""
        kind, _, rest = self.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "basic":
            return base64.b64decode(rest).decode(errors="replace").partition(":")[2]
        return rest

    def let_in(self):
        """Whether the client has the token; answers itself when it has not."""
        with open(TOKEN, encoding="utf-8") as file:
            if self.shown_token() == file.read().strip():
                return True
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="forge"')
        self.send_header("Content-Length", "0")
        self.end_headers()
        return False

    def answer(self, value):
        """Sends JSON, with the scopes of the token as GitHub does."""
        text = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-OAuth-Scopes", "repo, read:org, gist")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        if not self.let_in():
            return
        if self.path == "/":
            self.answer({})
        else:
            super().do_GET()

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.let_in():
            self.answer({"data": {"viewer": {"login": "sample-user"}}})


http.server.ThreadingHTTPServer(("", 80), Forge).serve_forever()
