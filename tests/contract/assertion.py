"""Certificate assertions as a client makes them, with the openssl program: one key and certificate for the whole run."""
import base64, functools, hashlib, json, pathlib, subprocess, tempfile, uuid

FOLDER = tempfile.TemporaryDirectory(prefix="contract-")
KINDS = {"RS256": [], "PS256": ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32", "-sigopt", "rsa_mgf1_md:sha256"]}


def plain(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*words, data=None):
    return subprocess.run(["openssl", *map(str, words)], input=data, capture_output=True, check=True).stdout


@functools.cache
def key(name):
    path = pathlib.Path(FOLDER.name) / f"{name}.key"
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 30, "-subj", f"/CN={name}", "-keyout", path, "-out", path.with_suffix(".crt"))
    return path


def certificate():
    return key("own").with_suffix(".crt").read_bytes()


def fields(spec, talk, now):
    """`spec` says what differs from a good assertion: alg, key (own, strange), thumbprint (sha256, sha1, none, strange), aud, iss, sub, from and
    until in seconds from now, jti."""
    alg = spec.get("alg", "PS256")
    signer = key(spec.get("key", "own"))
    der = openssl("x509", "-in", key("strange" if spec.get("thumbprint") == "strange" else "own").with_suffix(".crt"), "-outform", "DER")
    header = {"alg": alg, "typ": "JWT"}
    if spec.get("thumbprint", "sha256" if alg == "PS256" else "sha1") in ("sha256", "strange"):
        header["x5t#S256"] = plain(hashlib.sha256(der).digest())
    elif spec.get("thumbprint") != "none":
        header["x5t"] = plain(hashlib.sha1(der).digest())
    client = talk.me["client_id"]
    claims = {"aud": spec.get("aud", f"{talk.world.twin.url}/{talk.me['tenant_id']}/oauth2/v2.0/token"), "iss": spec.get("iss", client),
              "sub": spec.get("sub", client), "jti": spec.get("jti", str(uuid.uuid4())),
              "nbf": int(now + spec.get("from", 0)), "iat": int(now + spec.get("from", 0)), "exp": int(now + spec.get("until", 600))}
    text = ".".join(plain(json.dumps(part).encode()) for part in (header, claims))
    signature = openssl("dgst", "-sha256", *KINDS[alg], "-sign", signer, data=text.encode())
    return {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion": f"{text}.{plain(signature)}"}
