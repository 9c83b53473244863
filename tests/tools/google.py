"""Google Cloud Storage's XML interface, of which the emulator behind has all but uploads: these are handed on in
the JSON interface, with the condition that they are made on.

    google.py PORT PORT_OF_EMULATOR
"""

import http.client
import http.server
import json
import sys
import urllib.parse

OWN, BEHIND = int(sys.argv[1]), int(sys.argv[2])
# These belong to a connection, or are set here.
DROPPED = {"connection", "content-length", "date", "server", "transfer-encoding"}


class Front(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def hand_on(self, method, path, kind=None, body=None):
        heads = {"Host": f"127.0.0.1:{OWN}"} | ({"Content-Type": kind} if kind else {})
        server = http.client.HTTPConnection("127.0.0.1", BEHIND)
        server.request(method, path, body, heads)
        answer = server.getresponse()
        return answer, answer.read()

    def tell(self, answer, body, more=()):
        self.send_response(answer.status)
        for name, value in [*answer.getheaders(), *more]:
            if name.lower() not in DROPPED:
                self.send_header(name, value)
        is_head = self.command == "HEAD"
        self.send_header("Content-Length", answer.getheader("Content-Length", "0") if is_head else str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        return self.rfile.read(int(self.headers["Content-Length"]))

    def do_GET(self):
        self.tell(*self.hand_on(self.command, self.path))

    do_HEAD = do_GET

    def do_POST(self):
        self.tell(*self.hand_on("POST", self.path, "application/json", self.body()))

    def do_PUT(self):
        bucket, name = self.path.lstrip("/").split("/", 1)
        query = {"uploadType": "media", "name": urllib.parse.unquote(name)}
        if condition := self.headers["x-goog-if-generation-match"]:
            query["ifGenerationMatch"] = condition
        path = f"/upload/storage/v1/b/{bucket}/o?{urllib.parse.urlencode(query)}"
        answer, told = self.hand_on("POST", path, "application/octet-stream", self.body())
        made = json.loads(told) if answer.status == 200 else {}
        more = [("ETag", made["etag"]), ("x-goog-generation", made["generation"])] if made else []
        self.tell(answer, told, more)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", OWN), Front).serve_forever()
