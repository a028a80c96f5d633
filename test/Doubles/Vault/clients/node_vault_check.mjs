// Walks through a Vault with node-vault, a client that is not ours; ends at the first surprise.
//   node node_vault_check.mjs NODE_MODULES [--real]
// VAULT_ADDR, VAULT_TOKEN (the root one) and VAULT_CACERT say which server. Against a real one, --real leaves out
// what only the double can be told to do.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { request } from "node:https";

const vault = createRequire(process.argv[2] + "/")("node-vault");
const { VAULT_ADDR: endpoint, VAULT_TOKEN: root, VAULT_CACERT: caFile } = process.env;
const ca = readFileSync(caFile);
const place = "workstation/claude-users/node";
const policy = "workstation-claude-node";
const rules = `
path "secret/data/${place}" { capabilities = ["create", "read", "update", "patch", "delete"] }
path "secret/metadata/${place}" { capabilities = ["read"] }
path "secret/+/${place}/rooms/*" { capabilities = ["create", "read", "update", "list"] }
path "secret/undelete/${place}" { capabilities = ["update"] }
path "secret/destroy/${place}" { capabilities = ["update"] }
path "elsewhere/*" { capabilities = ["read"] }
`;
const client = (token) => vault({ endpoint, token, requestOptions: { ca } });
const text = (value) => JSON.stringify(value);

function check(what, true_, seen) {
  if (!true_) {
    console.log(`FAILED ${what}: ${text(seen)}`);
    process.exit(1);
  }
  console.log(`ok ${what}`);
}

async function refused(what, status, call, says = "") {
  let answer;
  try {
    answer = await call();
  } catch (error) {
    const seen = { status: error.response?.statusCode, message: error.message, body: error.response?.body };
    check(what, seen.status === status && seen.message.includes(says), seen);
    return seen.body;
  }
  check(what, false, answer);
}

function double(path, body) {
  return new Promise((resolve, reject) => {
    const call = request(`${endpoint}/_double/${path}`, { method: "POST", ca }, (answer) => {
      answer.resume();
      answer.on("end", () => (answer.statusCode === 200 ? resolve() : reject(new Error(path))));
    });
    call.on("error", reject);
    call.end(JSON.stringify(body));
  });
}

const admin = client(root);
const health = await admin.health();
check("health", health.initialized && !health.sealed && !health.standby, health);
const seal = await admin.status();
check("not sealed", seal.sealed === false, seal);
const mounts = await admin.mounts();
check("the mount is of version 2", mounts.data["secret/"].options.version === "2", mounts.data);

await admin.addPolicy({ name: policy, rules, policy: rules });
check("a policy is read back", (await admin.getPolicy({ name: policy })).data.rules === rules);
check("a policy is listed", (await admin.policies()).data.policies.includes(policy));
await refused(
  "a policy of nonsense is refused",
  400,
  () => admin.addPolicy({ name: "nonsense", policy: 'path "x" { capabilities = ["fly"] }' }),
  "invalid capability",
);

const made = (
  await admin.write("auth/token/create-orphan", {
    policies: [policy],
    period: "768h",
    display_name: "box.lan-claude-auth-no_de",
  })
).auth;
check("an orphan is made", text(made.policies) === text(["default", policy]) && made.orphan === true, made.policies);
check("it is periodic", made.lease_duration === 768 * 3600 && made.renewable === true, made.lease_duration);
const scoped = client(made.client_token);
const self = (await scoped.tokenLookupSelf()).data;
check(
  "its name has the prefix, and dashes for other signs",
  self.display_name === "token-box-lan-claude-auth-no-de",
  self.display_name,
);
check("its policies are told", text(self.policies) === text(["default", policy]), self.policies);
check("its period is told", self.period === 768 * 3600 && self.orphan === true && self.expire_time, self.period);
const renewed = await scoped.tokenRenewSelf({ increment: "1h" });
check("it is renewed to its period", renewed.auth.lease_duration === 768 * 3600, renewed.auth.lease_duration);
check("and stays itself", scoped.token === made.client_token);
await refused(
  "it can make no other token",
  403,
  () => scoped.tokenCreate({ policies: ["default"] }),
  "permission denied",
);
const child = client((await client(root).tokenCreate({ policies: [policy], ttl: "1h" })).auth.client_token);
const childSelf = (await child.tokenLookupSelf()).data;
check(
  "a child is no orphan and has its ttl",
  childSelf.orphan === false && childSelf.creation_ttl === 3600,
  childSelf.creation_ttl,
);
await child.tokenRevokeSelf();
await refused("a revoked token is invalid", 403, () => child.tokenLookupSelf(), "invalid token");

const entry = `secret/data/${place}`;
await admin.delete(`secret/metadata/${place}`);
const never = await refused("what never was is a 404", 404, () => scoped.read(entry));
check("without errors", text(never) === text({ errors: [] }), never);
await refused("what never was cannot be patched", 404, () => scoped.update(entry, { data: { a: "1" } }));

const first = await scoped.write(entry, { options: { cas: 0 }, data: { setup_token: "one", other: "kept" } });
check("cas 0 creates", first.data.version === 1, first);
await refused(
  "cas 0 creates once",
  400,
  () => scoped.write(entry, { options: { cas: 0 }, data: { setup_token: "two" } }),
  "check-and-set parameter did not match the current version",
);
const read = (await scoped.read(entry)).data;
check("it is read", text(read.data) === text({ setup_token: "one", other: "kept" }), read.metadata);
check(
  "its metadata is beside it",
  read.metadata.version === 1 && read.metadata.deletion_time === "" && read.metadata.destroyed === false,
  read.metadata,
);
const second = await scoped.update(entry, { options: { cas: 1 }, data: { setup_token: "two", other: null } });
check("PATCH makes a version", second.data.version === 2, second);
const merged = (await scoped.read(entry)).data.data;
check("null takes a field away", text(merged) === text({ setup_token: "two" }), merged);
await refused(
  "PATCH compares cas",
  400,
  () => scoped.update(entry, { options: { cas: 1 }, data: {} }),
  "did not match",
);
await refused("no data is no write", 400, () => scoped.write(entry, { setup_token: "x" }), "no data provided");
const older = (await scoped.read(`${entry}?version=1`)).data;
check("an older version is read", older.data.setup_token === "one", older.metadata);

await scoped.delete(entry);
const gone = await refused("what is deleted is a 404", 404, () => scoped.read(entry));
check(
  "with its envelope",
  gone?.data?.data === null && gone.data.metadata.deletion_time !== "" && gone.data.metadata.version === 2,
  gone,
);
await scoped.write(`secret/undelete/${place}`, { versions: [2] });
check("undeleted", (await scoped.read(entry)).data.data.setup_token === "two");
await scoped.write(`secret/destroy/${place}`, { versions: [2] });
const destroyed = await refused("what is destroyed is a 404", 404, () => scoped.read(entry));
check(
  "with its envelope, destroyed",
  destroyed?.data?.data === null && destroyed.data.metadata.destroyed === true,
  destroyed,
);
const facts = (await scoped.read(`secret/metadata/${place}`)).data;
check(
  "the metadata counts versions",
  facts.current_version === 2
    && text(Object.keys(facts.versions)) === text(["1", "2"])
    && facts.cas_required === false,
  facts,
);
await refused(
  "its metadata may not be written",
  403,
  () => scoped.write(`secret/metadata/${place}`, { cas_required: true }),
);
await admin.write(`secret/metadata/${place}`, { cas_required: true, delete_version_after: "3h25m19s" });
await refused(
  "cas may be required",
  400,
  () => scoped.write(entry, { data: { setup_token: "three" } }),
  "check-and-set parameter required for this call",
);
await scoped.write(entry, { options: { cas: 2 }, data: { setup_token: "three" } });
const passing = (await scoped.read(entry)).data;
check(
  "deleted in the future is still there",
  passing.data.setup_token === "three" && passing.metadata.deletion_time > passing.metadata.created_time,
  passing.metadata,
);
const after = (await scoped.read(`secret/metadata/${place}`)).data.delete_version_after;
check("and says after how long", after === "3h25m19s", after);

await scoped.write(`secret/data/${place}/rooms/a`, { data: { x: "1" } });
await scoped.write(`secret/data/${place}/rooms/b/c`, { data: { x: "1" } });
const listed = (await scoped.list(`secret/metadata/${place}/rooms`)).data.keys;
check("a folder is listed", text(listed) === text(["a", "b/"]), listed);
await refused(
  "another's entry is denied",
  403,
  () => scoped.read("secret/data/workstation/claude-users/bob"),
  "permission denied",
);
await refused(
  "another's entry may not be written",
  403,
  () => scoped.write("secret/data/workstation/claude-users/bob", { data: { x: "1" } }),
  "permission denied",
);
await refused("policies are denied", 403, () => scoped.getPolicy({ name: policy }), "permission denied");
await refused(
  "a mount that is not there has no route",
  404,
  () => scoped.read("elsewhere/data/x"),
  "no handler for route",
);
await refused(
  "nor may one ask about it without a policy",
  403,
  () => scoped.read("nowhere/data/x"),
  "permission denied",
);
await refused("a token nobody has is invalid", 403, () => client("hvs.nobody").tokenLookupSelf(), "invalid token");

if (!process.argv.includes("--real")) {
  await double("fault", { kind: "sealed", path: "secret/", times: 1 });
  await refused("sealed", 503, () => scoped.read(entry), "Vault is sealed");
  await double("fault", { kind: "behind", path: "secret/", times: 1 });
  await refused("a node that is behind", 412, () => scoped.read(entry));
  await double("fault", { kind: "sealed", path: "sys/", times: 1 });
  check("health of a sealed one", (await admin.health()).sealed === true);
  await double("fault", { kind: "truncated", path: "secret/", times: 1 });
  check("half an answer is no entry", (await scoped.read(entry)).data === undefined);
}
check("and back", (await scoped.read(entry)).data.data.setup_token === "three");

await admin.delete(`secret/metadata/${place}`);
await refused("forgotten with all versions", 404, () => admin.read(`secret/metadata/${place}`));
await admin.removePolicy({ name: policy });
await refused("a policy is taken away", 404, () => admin.getPolicy({ name: policy }));
console.log("node-vault: no surprise");
