#!/usr/bin/env python3
"""An answer as gzip over HTTPS, on loopback, from a server on the other core: fetched as the product does (raw body, ISA-L, mapped: lean and as shipped) beside
libcurl decoding the same body, which is thrown away. CPU time of the client."""
import http.server, multiprocessing, os, ssl, statistics, subprocess, zlib

from bench import FETCH, FOLDER, LEAN, PROCESSES, cores, data, figure, median_speed, options, ratio, speed, take_turns

PART, ANSWER_MB = "https", 140


def packed(path):
    """As Microsoft's servers pack: the usual level."""
    name = path.with_suffix(".gz")
    if not name.exists() or name.stat().st_mtime < path.stat().st_mtime:
        z = zlib.compressobj(6, wbits=31)
        name.write_bytes(z.compress(path.read_bytes()) + z.flush())
    return name


def certificate():
    cert, key = FOLDER / "server.pem", FOLDER / "server.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


def serve(body, cert, key, port):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    os.sched_setaffinity(0, {cores()[1]})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    port.send(server.server_port)
    server.serve_forever()


def main():
    o = options(__doc__)
    path = data("answers-over-https", ANSWER_MB * o.share, "--table", "DeviceProcessEvents", "--shape", "graph")
    body = packed(path).read_bytes()
    cert, key = certificate()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(body, cert, key, theirs), daemon=True)
    server.start()
    url = f"https://localhost:{ours.recv()}/answer"
    get = lambda what, *how: [FETCH, what, cert, url, *how]
    passes = take_turns({"lean": get("map", PROCESSES[1], LEAN[1]), "shipped": get("map", PROCESSES[1]), "discard": get("discard")}, o.rounds)
    server.terminate()
    wall = {name: round(statistics.median(speed(p, "wall_ns") for p in of)) for name, of in passes.items()}
    assert all(of[0]["bytes_in"] == path.stat().st_size for of in passes.values()), "not the whole body"
    for mapping in ("lean", "shipped"):
        figure(PART, f"gzip over HTTPS to events, {mapping} mapping / libcurl decodes, throws away", ratio(passes[mapping], passes["discard"]), at_least=1.5,
               mb_s=median_speed(passes[mapping]), peer_mb_s=median_speed(passes["discard"]), wall_mb_s=wall[mapping], peer_wall_mb_s=wall["discard"],
               wire_bytes=len(body), bytes_in=path.stat().st_size, records=passes[mapping][0]["records"])


main()
