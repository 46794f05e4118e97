"""The first words of a job that reaches its storage by the network: they bring the runner, and become it.

This file's text is a job's argument (``python3 -c TEXT RUNNER_SHA256 RUN_ID STORAGE``), so it is short, complete in
itself, and holds no secret. It signs as ``s3`` does.
"""

import hashlib
import hmac
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from urllib.request import ProxyHandler, Request, build_opener, urlopen

want, run, address = sys.argv[1:]
E = os.environ.get
META = (E("AWS_EC2_METADATA_SERVICE_ENDPOINT") or "http://169.254.169.254").rstrip("/") + "/latest"


# Who hands out keys is of this machine: a proxy would ask its own, and see them.
plain = build_opener(ProxyHandler({})).open


def get(ask: Callable[..., Any], url: str, headers: dict[str, str]) -> bytes:
    with ask(Request(url, headers=headers), timeout=30) as answer:
        found: bytes = answer.read()
    return found


def keys() -> tuple[str, str, str]:
    if E("AWS_ACCESS_KEY_ID"):
        return E("AWS_ACCESS_KEY_ID", ""), E("AWS_SECRET_ACCESS_KEY", ""), E("AWS_SESSION_TOKEN", "")
    near = E("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
    if near or E("AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        told = E("AWS_CONTAINER_AUTHORIZATION_TOKEN")
        url = f"http://169.254.170.2{near}" if near else E("AWS_CONTAINER_CREDENTIALS_FULL_URI", "")
        k = json.loads(get(plain, url, {"Authorization": told} if told else {}))
    else:
        ask = Request(f"{META}/api/token", method="PUT", headers={"X-aws-ec2-metadata-token-ttl-seconds": "900"})
        token = {"X-aws-ec2-metadata-token": plain(ask, timeout=5).read().decode()}
        role = f"{META}/meta-data/iam/security-credentials/"
        k = json.loads(get(plain, role + get(plain, role, token).decode().split()[0], token))
    return k["AccessKeyId"], k["SecretAccessKey"], k.get("Token", "")


def fetch() -> bytes:
    at = urlsplit(address)
    options = {name: values[-1] for name, values in parse_qs(at.query).items()}
    region = options.get("region") or E("AWS_REGION") or E("AWS_DEFAULT_REGION") or "us-east-1"
    other = options.get("endpoint")
    base = f"{other.rstrip('/')}/{at.netloc}" if other else f"https://{at.netloc}.s3.{region}.amazonaws.com"
    url = urlsplit(f"{base}{at.path.rstrip('/')}/runners/{want}")
    path = quote(url.path, safe="/~%")
    access, secret, token = keys()
    when = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    empty = hashlib.sha256(b"").hexdigest()
    head = {"host": url.netloc, "x-amz-content-sha256": empty, "x-amz-date": when}
    if token:
        head["x-amz-security-token"] = token
    names = ";".join(sorted(head))
    lines = "".join(f"{name}:{head[name]}\n" for name in sorted(head))
    scope = f"{when[:8]}/{region}/s3/aws4_request"
    asked = f"GET\n{path}\n\n{lines}\n{names}\n{empty}"
    text = "\n".join(("AWS4-HMAC-SHA256", when, scope, hashlib.sha256(asked.encode()).hexdigest()))
    key = f"AWS4{secret}".encode()
    for piece in (*scope.split("/"), text):
        key = hmac.new(key, piece.encode(), hashlib.sha256).digest()
    proof = f"AWS4-HMAC-SHA256 Credential={access}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
    return get(urlopen, f"{url.scheme}://{url.netloc}{path}", {**head, "Authorization": proof})


for pause in (1, 2, 5, 10, 20, 40, 60, 0):
    try:
        data = fetch()
        break
    except (OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"autolab: the runner cannot be fetched: {error}\n")
        if not pause:
            sys.exit(74)
        time.sleep(pause)
if hashlib.sha256(data).hexdigest() != want:
    sys.exit("autolab: the runner in the storage is not the one that was staged")
file = f"/tmp/autolab-runner-{want[:16]}.pyz"
with open(file, "wb") as runner:
    runner.write(data)
os.execv(sys.executable, [sys.executable, "-I", file, run, address])
