/**
 * Signs what build.ts made, as agents with [update] take it: writes release.json beside the binaries.
 *
 *   bun hotspot-agent/packaging/sign-release.ts --out DIR --key FILE --url https://HOST/PATH
 *
 * The key file is one as the agent makes them (`ed25519 <seed>`), mode 0600. The address is where the binaries will lie.
 * Every older version may go straight to this one, unless --min-version names the oldest that may.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { keyToText, signerFromEd25519Seed } from "@earshot/poc/protocol";
import manifest from "../package.json" with { type: "json" };
import { readKeyFile } from "../src/keyring.ts";
import { readRelease, releaseMessage } from "../src/update/release.ts";
import type { Architecture } from "./compile.ts";

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    key: { type: "string" },
    url: { type: "string" },
    "min-version": { type: "string", default: "0.0.0" },
  },
});
const { out, key, url } = values;
if (out === undefined || key === undefined || url === undefined) {
  process.stderr.write("--out, --key and --url are needed\n");
  process.exit(2);
}
if (!url.startsWith("https://")) {
  process.stderr.write(`--url ${url}: agents fetch releases over https:// only\n`);
  process.exit(2);
}
const secret = readKeyFile(key);
if (secret?.kind !== "ed25519") {
  process.stderr.write(`--key ${key}: no such file, or no Ed25519 key in it\n`);
  process.exit(2);
}
const signer = signerFromEd25519Seed(secret.secret);
const { version } = manifest;
const release = {
  version,
  minVersion: values["min-version"],
  artefacts: (["arm64", "x64"] satisfies Architecture[]).map((arch) => {
    const name = `hotspot-agent-${version}-linux-${arch}`;
    const bytes = readFileSync(join(out, name));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return { arch, url: `${url.replace(/\/$/, "")}/${name}`, sha256, bytes: bytes.length };
  }),
};
const signerText = keyToText(signer.publicKey);
const signature = Buffer.from(signer.sign(releaseMessage(release))).toString("base64");
const document = Buffer.from(`${JSON.stringify({ release, signer: signerText, signature }, null, 2)}\n`);
readRelease(document, signerText);
writeFileSync(join(out, "release.json"), document);
process.stdout.write(`${join(out, "release.json")} signed by ${signerText}\n`);
