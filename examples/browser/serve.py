"""Serves a folder with headers that forbid everything which the page does not need: `python3 serve.py FOLDER [PORT]`.

The policy allows no inline code and no inline style; `wasm-unsafe-eval` is what WebAssembly needs.
"""

import functools
import http.server
import sys

POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".js": "text/javascript", ".wasm": "application/wasm"}

    def end_headers(self):
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *arguments):
        pass


def server(folder, port=0):
    """A server on this machine alone; port 0 takes a free one."""
    handler = functools.partial(Handler, directory=folder)
    return http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)


if __name__ == "__main__":
    with server(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 8000) as running:
        print(f"http://127.0.0.1:{running.server_port}/ (end with Ctrl-C)", flush=True)
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            pass
