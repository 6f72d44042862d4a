#!/usr/bin/env python3
"""A real front proxy (nginx: TLS and HTTP/2) before the twin, as Microsoft's own front is: curl speaks HTTP/2 through it, our client what it
likes, and everything arrives."""
import collections, json, os, pathlib, shutil, socket, subprocess, tempfile, urllib.parse

from harness import Installation, Tap, Twin, free_port, wait_for

CONFIG = """
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    log_format protocols '$server_protocol $status $request_method $uri';
    access_log {folder}/access.log protocols;
    client_body_temp_path {folder}/body; # named, but not used: its workers may not look into our folder
    client_body_buffer_size 8m;
    proxy_max_temp_file_size 0;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl http2;
        ssl_certificate {folder}/server.crt;
        ssl_certificate_key {folder}/server.key;
        client_max_body_size 8m;
        location / {{
            proxy_pass {twin};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-Proto https;
            proxy_read_timeout 300s;
        }}
    }}
}}
"""


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], capture_output=True, check=True)


def make_certificates(folder):
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 30, "-subj", "/CN=front CA", "-keyout", folder / "ca.key", "-out", folder / "ca.crt")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=front", "-keyout", folder / "server.key", "-out", folder / "server.csr")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    openssl("x509", "-req", "-in", folder / "server.csr", "-CA", folder / "ca.crt", "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", 30,
            "-extfile", folder / "names", "-out", folder / "server.crt")


SCENARIO = """
name: front
tenants: 1
history: 2h
rows_per_second: {DeviceProcessEvents: 1, DeviceNetworkEvents: 0.2}
alerts_before: 11
machines: 5
hunting_per_minute: 100000
rules:
  - {licence: endpoint}
"""


class Front:
    """nginx in a folder of its own, before `twin`."""

    def __init__(self, program, folder, twin):
        make_certificates(folder)
        port = free_port()
        (folder / "nginx.conf").write_text(CONFIG.format(folder=folder, port=port, twin=twin.url))
        self.folder, self.url = folder, f"https://127.0.0.1:{port}"
        self.process = subprocess.Popen([program, "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL)
        def answers():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        if wait_for(answers):
            return
        raise RuntimeError("nginx does not listen: " + self.read("error.log"))

    def read(self, name):
        path = self.folder / name
        return path.read_text() if path.exists() else ""

    def curl(self, path, *words):
        """The answer's JSON, its HTTP version and status."""
        done = subprocess.run(["curl", "-sS", "--http2", "--compressed", "--cacert", self.folder / "ca.crt", "-w", "\n%{http_version} %{http_code}",
                               *words, self.url + path], capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise RuntimeError(done.stderr)
        body, _, last = done.stdout.rpartition("\n")
        version, status = last.split()
        return json.loads(body), version, int(status)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


def by_curl(tap, front, twin):
    tenant = twin.tenants()[0]
    form = {"grant_type": "client_credentials", "client_id": tenant["client_id"], "client_secret": tenant["client_secret"],
            "scope": "https://graph.microsoft.com/.default"}
    told, version, status = front.curl(f"/{tenant['tenant_id']}/oauth2/v2.0/token", "-d", urllib.parse.urlencode(form))
    tap.case((version, status) == ("2", 200), "curl: a token over HTTP/2", (version, status, told))
    bearer = ["-H", "Authorization: Bearer " + told["access_token"]]
    seen, path = [], "/v1.0/security/alerts_v2?$top=3"
    while path:
        page, version, status = front.curl(path, *bearer)
        seen += [alert["id"] for alert in page["value"]]
        link = page.get("@odata.nextLink", "")
        tap.case(version == "2" and (not link or link.startswith(front.url)), f"curl: alerts over HTTP/2, {len(seen)} so far", link)
        path = link[len(front.url):]
    there = twin.count(tenant["tenant_id"], "alerts")
    tap.case(len(seen) == len(set(seen)) == there > 3, "curl: all alerts are there", (len(seen), there))
    body = json.dumps({"Query": "DeviceProcessEvents | take 3000"})
    answer, version, status = front.curl("/v1.0/security/runHuntingQuery", *bearer, "-H", "Content-Type: application/json", "-d", body)
    tap.case((version, status, len(answer["results"])) == ("2", 200, 3000), "curl: a large hunting answer over HTTP/2", (version, status))
    told, version, status = front.curl(f"/{tenant['tenant_id']}/oauth2/v2.0/token", "-d", urllib.parse.urlencode({**form, "client_secret": "x"}))
    tap.case((version, status, told["error_codes"]) == ("2", 401, [7000215]), "curl: an error over HTTP/2", told)


def by_ourselves(tap, front, twin):
    before = len(front.read("access.log").splitlines())
    with Installation(**{"ocsf.raw_data": "yes", "cloud.login_url": front.url, "cloud.graph_url": front.url, "cloud.endpoint_url": front.url, "ca_file": front.folder / "ca.crt",
                         "hunting.calls_per_minute": 60000, "hunting.share": 100}) as i:
        i.add_tenants(twin)
        twin.freeze()
        done = i.run("pull", "--once")
        tap.case(done.returncode == 0, "portcullis pulls through the front", done.stdout[-1500:] + done.stderr[-1500:])
        check = i.verify(twin)
        tap.case(check.returncode == 0, "everything has arrived, once", check.stdout[-2000:] + check.stderr[-2000:])
        calls = collections.Counter((line.split()[0], line.split()[3].split("/")[-1]) for line in front.read("access.log").splitlines()[before:])
        print("# our calls by protocol:", dict(calls))
        tap.case(calls["HTTP/2.0", "token"] > 0 and not any("HTTP/1.0" in call for call in calls), "portcullis logs in over HTTP/2", calls)


with Tap() as tap:
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        tap.skip("HTTP/2 through a front proxy", "nginx is not installed; tools/install-deps test")
    else:
        with tempfile.TemporaryDirectory(prefix="portcullis-front-") as name:
            folder = pathlib.Path(name)
            (folder / "front.yaml").write_text(SCENARIO)
            with Twin("--scenario", folder / "front.yaml") as twin, Front(program, folder, twin) as front:
                by_curl(tap, front, twin)
                by_ourselves(tap, front, twin)
