"""A real mail server (exim, of Debian's packages) on a free port of this machine, with STARTTLS, login and a maildir; everything it
has lies in one folder. It starts as root alone: exim lets nobody else be a daemon."""
import os, pathlib, shutil, socket, subprocess

from harness import PATIENCE, free_port, wait_for

EXIM = "/usr/sbin/exim4"
CONFIG = """
spool_directory = {folder}/spool
log_file_path = {folder}/%slog
pid_file_path = {folder}/pid
local_interfaces = 127.0.0.1
primary_hostname = mx.guard.example
domainlist local = guard.example
tls_advertise_hosts = *
tls_certificate = {folder}/cert.pem
tls_privatekey = {folder}/key.pem
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
acl_smtp_rcpt = rcpt
acl_smtp_data = take
exim_user = nobody
exim_group = nogroup
never_users =
keep_environment =
begin acl
rcpt:
  deny message = no such mailbox
       local_parts = ghost
  defer message = come back later
       local_parts = slow
       condition = ${{if !exists{{{folder}/awake}}}}
  require message = STARTTLS first
          encrypted = *
  require message = login first
          authenticated = *
  accept domains = +local
  deny message = relay not permitted
take:
  accept
begin routers
all:
  driver = accept
  transport = file
begin transports
file:
  driver = appendfile
  directory = {folder}/mail
  create_directory = true
  maildir_format = true
  envelope_to_add = true
  user = nobody
  group = nogroup
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{gate}}}}{{eq{{$auth3}}{{s3cret}}}}}}}}
  server_set_id = $auth2
"""


def missing():
    if not os.path.exists(EXIM):
        return "exim4 is not there (tools/install-deps test)"
    return None if os.geteuid() == 0 else "exim lets root alone be a daemon"


class MailServer:
    def __init__(self, folder):
        self.folder, self.port = pathlib.Path(folder), free_port()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.folder / "key.pem", "-out",
                        self.folder / "cert.pem", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
                       check=True, capture_output=True)
        (self.folder / "mail").mkdir()
        config = self.folder / "exim.conf"
        config.write_text(CONFIG.format(folder=self.folder))
        for path in (self.folder, *self.folder.iterdir()):
            shutil.chown(path, "nobody", "nogroup")
        shutil.chown(config, "root", "root")  # exim asks for it
        config.chmod(0o644)
        os.chmod(self.folder, 0o755)
        self.process = subprocess.Popen([EXIM, "-C", config, "-bdf", "-oX", f"127.0.0.1.{self.port}"])
        def answers():
            with socket.socket() as s:
                return s.connect_ex(("127.0.0.1", self.port)) == 0

        if wait_for(answers):
            return
        raise RuntimeError("the mail server did not start")

    def mails(self):
        return [p.read_bytes() for p in sorted((self.folder / "mail").glob("new/*"), key=lambda p: p.stat().st_mtime_ns)]

    def wake_slow(self):
        (self.folder / "awake").touch()

    def log(self):
        path = self.folder / "mainlog"
        return path.read_text()[-1500:] if path.exists() else ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE)
