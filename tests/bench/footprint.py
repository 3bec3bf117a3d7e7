#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""footprint.py PROGRAM: what the agent costs a host that is registered already, against its limits.

Over http and over https with the system's CAs: the time from exec to the accepted upgrade, and resident memory ten
seconds later; medians of seven. Fails when one is over its limit three times. DOCKER_HOST names the engine.
"""
import base64
import hashlib
import http.server
import os
import pathlib
import queue
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time

RUNS = 7
TRIES = 3
SETTLED_SECONDS = 10
LIMITS = {"http": (50, 9), "https": (150, 12)}  # milliseconds, MB
BUNDLE = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")

upgraded = queue.Queue()


class Server(http.server.BaseHTTPRequestHandler):
    """Accepts every subscription and stays silent; knows nothing else."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        key = self.headers.get("Sec-WebSocket-Key")
        if key is None:
            self.send_error(404)
            return
        digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(digest).decode())
        self.end_headers()
        upgraded.put(time.monotonic())
        while self.connection.recv(4096):
            pass
        self.close_connection = True

    def log_message(self, *_):
        pass


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def certificate(directory):
    """A server's certificate for this machine; and a bundle of CAs that holds the system's and its own."""
    key, cert, bundle = (directory / name for name in ("server.key", "server.crt", "bundle.crt"))
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=footprint",
            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert)
    bundle.write_text(BUNDLE.read_text() + cert.read_text())
    return key, cert, bundle


def serve(scheme, key, cert):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.daemon_threads = True
    if scheme == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"{scheme}://127.0.0.1:{server.server_port}/v1"


def start(program, url, bundle, state):
    environment = {
        "PATH": os.environ["PATH"],
        "CATTLE_URL": url,
        "CATTLE_ACCESS_KEY": "key",
        "CATTLE_SECRET_KEY": "secret",
        "CATTLE_STATE_DIR": str(state),
        "CATTLE_HOME": str(state),
        "CATTLE_AGENT_LOG_FILE": str(state / "agent.log"),
        "SSL_CERT_FILE": str(bundle),
    }
    if "DOCKER_HOST" in os.environ:
        environment["DOCKER_HOST"] = os.environ["DOCKER_HOST"]
    begun = time.monotonic()
    process = subprocess.Popen([program, "run"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return process, (upgraded.get(timeout=20) - begun) * 1000
    except queue.Empty:
        sys.exit(f"{program} did not subscribe to {url}: {(state / 'agent.log').read_text()[-2000:]}")


def resident(process):
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS")


def end(process):
    process.terminate()
    process.wait(20)


def measure(program, scheme, directory):
    key, cert, bundle = certificate(directory)
    url = serve(scheme, key, cert)
    state = directory / "state"
    state.mkdir()
    end(start(program, url, bundle, state)[0])  # The first start makes the host's key.
    starts, processes = [], []
    for number in range(RUNS):  # Each on a copy of the state: side by side they would share its files.
        copy = shutil.copytree(state, directory / f"state-{number}")
        process, took = start(program, url, bundle, copy)
        processes.append(process)
        starts.append(took)
    time.sleep(SETTLED_SECONDS)
    memory = [resident(process) for process in processes]
    for process in processes:
        end(process)
    return statistics.median(starts), statistics.median(memory)


def fits(program, scheme):
    start_limit, memory_limit = LIMITS[scheme]
    with tempfile.TemporaryDirectory() as directory:
        took, memory = measure(program, scheme, pathlib.Path(directory))
    print(f"{scheme}: subscribed {took:.1f} ms after exec (at most {start_limit}), "
          f"{memory:.1f} MB resident {SETTLED_SECONDS} s later (at most {memory_limit})")
    return took <= start_limit and memory <= memory_limit


def main():
    # A machine that was busy with something else for a moment gets another try.
    schemes = [scheme for scheme in LIMITS if not any(fits(sys.argv[1], scheme) for _ in range(TRIES))]
    return 1 if schemes else 0


if __name__ == "__main__":
    sys.exit(main())
