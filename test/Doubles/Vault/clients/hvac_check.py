#!/usr/bin/python3
"""Walks through a Vault with hvac, a client that is not ours; ends at the first surprise.

VAULT_ADDR, VAULT_TOKEN (the root one) and VAULT_CACERT say which. Against a real server, "--real" leaves out what
only the double can be told to do.
"""
import os
import sys
import warnings

import hvac
import requests
from hvac import exceptions

warnings.simplefilter("ignore")
ADDRESS, ROOT, CA = (os.environ[name] for name in ("VAULT_ADDR", "VAULT_TOKEN", "VAULT_CACERT"))
MOUNT, PLACE, POLICY = "secret", "workstation/claude-users/hvac", "workstation-claude-hvac"
RULES = f"""
path "{MOUNT}/data/{PLACE}" {{
  capabilities = ["create", "read", "update", "patch", "delete"]
}}
path "{MOUNT}/metadata/{PLACE}" {{
  capabilities = ["read"]
}}
path "{MOUNT}/+/{PLACE}/rooms/*" {{
  capabilities = ["create", "read", "update", "list"] # below it
}}
path "{MOUNT}/undelete/{PLACE}" {{ capabilities = ["update"] }}
path "{MOUNT}/destroy/{PLACE}" {{ capabilities = ["update"] }}
path "elsewhere/*" {{ capabilities = ["read"] }}
"""


def client(token):
    session = requests.Session()
    session.trust_env = False
    session.verify = CA
    return hvac.Client(url=ADDRESS, token=token, session=session, verify=CA)


def check(what, true, seen=None):
    if not true:
        print(f"FAILED {what}: {seen!r}")
        sys.exit(1)
    print(f"ok {what}")


def refused(what, kind, call, says=""):
    try:
        answer = call()
    except exceptions.VaultError as refusal:
        check(what, type(refusal) is kind and says in str(refusal), (type(refusal).__name__, str(refusal)))
    else:
        check(what, False, answer)


def double(call, **body):
    session = requests.Session()
    session.trust_env = False
    session.post(f"{ADDRESS}/_double/{call}", json=body, verify=CA, timeout=30).raise_for_status()


def main():
    root = client(ROOT)
    health = root.sys.read_health_status(method="GET")
    check("health", health["initialized"] and not health["sealed"] and not health["standby"], health)
    check("health by HEAD", root.sys.read_health_status().status_code == 200)
    check("not sealed", root.sys.is_sealed() is False)
    check("the mount is of version 2", root.sys.retrieve_mount_option(MOUNT, "version") == "2")

    root.sys.create_or_update_policy(POLICY, RULES)
    check("a policy is read back", root.sys.read_policy(POLICY)["data"]["rules"] == RULES)
    check("a policy is listed", POLICY in root.sys.list_policies()["data"]["policies"])
    refused(
        "a policy of nonsense is refused",
        exceptions.InvalidRequest,
        lambda: root.sys.create_or_update_policy("nonsense", 'path "x" { capabilities = ["fly"] }'),
        "invalid capability",
    )

    made = root.write(
        "auth/token/create-orphan", policies=[POLICY], period="768h", display_name="box-claude-auth-hvac"
    )["auth"]
    check("an orphan is made", made["policies"] == ["default", POLICY] and made["orphan"] is True, made["policies"])
    check("it is periodic", made["lease_duration"] == 768 * 3600 and made["renewable"] is True)
    scoped = client(made["client_token"])
    check("it is authenticated", scoped.is_authenticated())
    self = scoped.auth.token.lookup_self()["data"]
    check("its name has the prefix", self["display_name"] == "token-box-claude-auth-hvac", self["display_name"])
    check("its policies are told", self["policies"] == ["default", POLICY], self["policies"])
    check("its period is told", self["period"] == 768 * 3600 and self["orphan"] is True and self["expire_time"])
    renewed = scoped.auth.token.renew_self()["auth"]
    check("it is renewed to its period", renewed["lease_duration"] == 768 * 3600, renewed["lease_duration"])
    refused(
        "it can make no other token",
        exceptions.Forbidden,
        lambda: scoped.auth.token.create(policies=["default"]),
        "permission denied",
    )

    kv = scoped.secrets.kv.v2
    raw = scoped.adapter
    entry = f"/v1/{MOUNT}/data/{PLACE}"
    root.secrets.kv.v2.delete_metadata_and_all_versions(PLACE, mount_point=MOUNT)
    never = raw.get(entry, raise_exception=False)
    check(
        "what never was is a 404 without errors",
        never.status_code == 404
        and never.headers["Content-Type"] == "application/json"
        and never.json() == {"errors": []},
        never.text,
    )
    refused(
        "what never was cannot be patched", exceptions.InvalidPath, lambda: kv.patch(PLACE, {"a": "1"}, MOUNT)
    )
    patch = {"Content-Type": "application/merge-patch+json"}
    absent = raw.request("patch", entry, headers=dict(patch), json={"data": {"a": "1"}}, raise_exception=False)
    check("nor by PATCH", absent.status_code == 404, absent.status_code)

    first = kv.create_or_update_secret(PLACE, {"setup_token": "one", "other": "kept"}, cas=0, mount_point=MOUNT)
    check("cas 0 creates", first["data"]["version"] == 1, first)
    refused(
        "cas 0 creates once",
        exceptions.InvalidRequest,
        lambda: kv.create_or_update_secret(PLACE, {"setup_token": "two"}, cas=0, mount_point=MOUNT),
        "check-and-set parameter did not match the current version",
    )
    read = kv.read_secret_version(PLACE, mount_point=MOUNT)["data"]
    check("it is read", read["data"] == {"setup_token": "one", "other": "kept"} and read["metadata"]["version"] == 1)
    check(
        "its metadata is beside it",
        read["metadata"]["deletion_time"] == ""
        and read["metadata"]["destroyed"] is False
        and read["metadata"]["custom_metadata"] is None,
        read["metadata"],
    )
    check("read, merged and written", kv.patch(PLACE, {"setup_token": "two"}, MOUNT)["data"]["version"] == 2)
    merged = kv.read_secret_version(PLACE, mount_point=MOUNT)["data"]["data"]
    check("siblings survive the merge", merged == {"setup_token": "two", "other": "kept"}, merged)
    wrong = raw.request("patch", entry, json={"data": {"a": "1"}}, raise_exception=False)
    check("PATCH wants its content type", wrong.status_code == 415, wrong.status_code)
    third = raw.request("patch", entry, headers=dict(patch), json={"data": {"setup_token": "three", "x": None}})
    check("PATCH makes a version", third["data"]["version"] == 3, third)
    stale = raw.request(
        "patch", entry, headers=dict(patch), json={"options": {"cas": 2}, "data": {}}, raise_exception=False
    )
    check("PATCH compares cas", stale.status_code == 400, stale.status_code)
    second = kv.read_secret_version(PLACE, version=2, mount_point=MOUNT)["data"]
    check("an older version is read", second["data"]["setup_token"] == "two", second)

    check("deleted", kv.delete_latest_version_of_secret(PLACE, mount_point=MOUNT).status_code == 204)
    gone = raw.get(entry, raise_exception=False)
    check(
        "what is deleted is a 404 with its envelope",
        gone.status_code == 404
        and gone.headers["Content-Type"] == "application/json"
        and gone.json().get("data", {}).get("data", 0) is None
        and gone.json()["data"]["metadata"]["deletion_time"] != ""
        and gone.json()["data"]["metadata"]["version"] == 3,
        gone.text,
    )
    kv.undelete_secret_versions(PLACE, [3], mount_point=MOUNT)
    back = kv.read_secret_version(PLACE, mount_point=MOUNT)["data"]["data"]
    check("undeleted", back == {"setup_token": "three", "other": "kept"}, back)
    kv.destroy_secret_versions(PLACE, [3], mount_point=MOUNT)
    gone = raw.get(entry, raise_exception=False)
    check(
        "what is destroyed is a 404 with its envelope",
        gone.status_code == 404
        and gone.json()["data"]["data"] is None
        and gone.json()["data"]["metadata"]["destroyed"] is True,
        gone.text,
    )
    facts = kv.read_secret_metadata(PLACE, mount_point=MOUNT)["data"]
    check(
        "the metadata counts versions",
        facts["current_version"] == 3
        and facts["oldest_version"] == 0
        and sorted(facts["versions"]) == ["1", "2", "3"]
        and facts["versions"]["3"]["destroyed"] is True
        and facts["cas_required"] is False,
        facts,
    )
    refused(
        "its metadata may not be written",
        exceptions.Forbidden,
        lambda: kv.update_metadata(PLACE, cas_required=True, mount_point=MOUNT),
        "permission denied",
    )
    root.secrets.kv.v2.update_metadata(PLACE, cas_required=True, max_versions=2, mount_point=MOUNT)
    refused(
        "cas may be required",
        exceptions.InvalidRequest,
        lambda: kv.create_or_update_secret(PLACE, {"setup_token": "four"}, mount_point=MOUNT),
        "check-and-set parameter required for this call",
    )
    kv.create_or_update_secret(PLACE, {"setup_token": "four"}, cas=3, mount_point=MOUNT)
    facts = kv.read_secret_metadata(PLACE, mount_point=MOUNT)["data"]
    check("old versions make room", sorted(facts["versions"]) == ["3", "4"] and facts["oldest_version"] == 3, facts)

    kv.create_or_update_secret(PLACE + "/rooms/a", {"x": "1"}, mount_point=MOUNT)
    kv.create_or_update_secret(PLACE + "/rooms/b/c", {"x": "1"}, mount_point=MOUNT)
    listed = kv.list_secrets(PLACE + "/rooms", mount_point=MOUNT)["data"]["keys"]
    check("a folder is listed", listed == ["a", "b/"], listed)
    refused(
        "another's entry is denied",
        exceptions.Forbidden,
        lambda: kv.read_secret_version("workstation/claude-users/bob", mount_point=MOUNT),
        "permission denied",
    )
    refused(
        "another's entry may not be written",
        exceptions.Forbidden,
        lambda: kv.create_or_update_secret("workstation/claude-users/bob", {"x": "1"}, mount_point=MOUNT),
        "permission denied",
    )
    refused("policies are denied", exceptions.Forbidden, lambda: scoped.sys.read_policy(POLICY), "permission denied")
    refused(
        "a mount that is not there has no route",
        exceptions.InvalidPath,
        lambda: kv.read_secret_version("x", mount_point="elsewhere"),
        "no handler for route",
    )
    refused(
        "nor may one ask about it without a policy",
        exceptions.Forbidden,
        lambda: kv.read_secret_version("x", mount_point="nowhere"),
        "permission denied",
    )
    refused(
        "a token nobody has is invalid",
        exceptions.Forbidden,
        lambda: client("hvs.nobody").auth.token.lookup_self(),
        "invalid token",
    )

    if "--real" not in sys.argv:
        double("fault", kind="sealed", path=f"{MOUNT}/", times=1)
        refused(
            "sealed",
            exceptions.VaultDown,
            lambda: kv.read_secret_version(PLACE, mount_point=MOUNT),
            "Vault is sealed",
        )
        double("fault", kind="rate_limited", path=f"{MOUNT}/", times=1)
        refused(
            "too many requests",
            exceptions.RateLimitExceeded,
            lambda: kv.read_secret_version(PLACE, mount_point=MOUNT),
        )
        double("fault", kind="sealed", path="sys/", times=2)
        check("health of a sealed one", root.sys.read_health_status().status_code == 503)
        check("a sealed one says so", root.sys.is_sealed() is True)
        double("fault", kind="standby", times=1)
        check("health of a standby", root.sys.read_health_status(method="GET").status_code == 429)
    check("and back", kv.read_secret_version(PLACE, mount_point=MOUNT)["data"]["data"] == {"setup_token": "four"})

    scoped.auth.token.revoke_self()
    refused(
        "a revoked token is invalid",
        exceptions.Forbidden,
        lambda: scoped.auth.token.lookup_self(),
        "invalid token",
    )
    root.secrets.kv.v2.delete_metadata_and_all_versions(PLACE, mount_point=MOUNT)
    refused(
        "forgotten with all versions",
        exceptions.InvalidPath,
        lambda: root.secrets.kv.v2.read_secret_metadata(PLACE, mount_point=MOUNT),
    )
    root.sys.delete_policy(POLICY)
    refused("a policy is taken away", exceptions.InvalidPath, lambda: root.sys.read_policy(POLICY))
    print("hvac: no surprise")


main()
