#!/usr/bin/env python3
"""identity.py FOLDER: makes a signing key, FOLDER/jwks.json, and for each of three people FOLDER/headers/NAME: what each
of their requests carries. openssl does the cryptography."""
import base64
import json
import os
import subprocess
import sys
import time

FOLDER = sys.argv[1]
KEY = f"{FOLDER}/issuer.pem"


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, **more):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, **more).stdout


def token(login):
    now = int(time.time())
    claims = {"iss": "https://issuer.example", "aud": "bench", "email": login, "iat": now, "exp": now + 86400}
    signed = ".".join(text(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": "bench"}, claims))
    return f"{signed}.{text(openssl('dgst', '-sha256', '-sign', KEY, input=signed.encode()))}"


openssl("genrsa", "-out", KEY, "2048")
modulus = openssl("rsa", "-in", KEY, "-modulus", "-noout").decode().split("=")[1].strip()
key = {"kty": "RSA", "kid": "bench", "alg": "RS256", "use": "sig", "n": text(bytes.fromhex(modulus)), "e": "AQAB"}
with open(f"{FOLDER}/jwks.json", "w") as file:
    json.dump({"keys": [key]}, file)
os.makedirs(f"{FOLDER}/headers", exist_ok=True)
for person in ("alice", "bob", "carol"):
    login = f"{person}@example.com"
    with open(f"{FOLDER}/headers/{person}", "w") as file:
        file.write(f"X-Berth-Jwt: {token(login)}\nX-authentik-username: {login}\nCookie: t3_session=5f2c9b1e7d\n")
