# Stands in for a git server, a container registry and AWS: each answers only to the right credentials, and notes in
# /tmp/asked what it was asked with. Usage: standin.py KIND PORT NEEDLE
import base64, http.server, os, sys

kind, port, needle = sys.argv[1], int(sys.argv[2]), sys.argv[3]
MANIFEST = (b'{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",'
            b'"config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":2,"digest":"sha256:'
            + b'0' * 64 + b'"},"layers":[]}')
IDENTITY = (b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
            b'<Arn>arn:aws:iam::1:user/me</Arn><UserId>U</UserId><Account>1</Account></GetCallerIdentityResult>'
            b'</GetCallerIdentityResponse>')


class Handler(http.server.SimpleHTTPRequestHandler):
    def answer(self, code, body=b'', **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace('_', '-'), value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body if self.command != 'HEAD' else b'')

    def allowed(self):
        given = self.headers.get('Authorization', '')
        with open('/tmp/asked', 'a') as asked:
            asked.write(f'{kind} {self.path} {given}\n')
        if kind == 'aws':
            return f'Credential={needle}/' in given
        return given == 'Basic ' + base64.b64encode(needle.encode()).decode()

    def do_GET(self):
        if not self.allowed():
            return self.answer(401, WWW_Authenticate='Basic realm="stand-in"')
        if kind == 'registry':
            if self.path == '/v2/':
                return self.answer(200, b'{}', Docker_Distribution_Api_Version='registry/2.0')
            return self.answer(200, MANIFEST, Content_Type='application/vnd.docker.distribution.manifest.v2+json')
        super().do_GET()

    do_HEAD = do_GET

    def do_POST(self):
        if not self.allowed():
            return self.answer(403, b'<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error></ErrorResponse>')
        self.answer(200, IDENTITY, Content_Type='text/xml')


os.chdir('/srv')
http.server.ThreadingHTTPServer(('127.0.0.1', port), Handler).serve_forever()
