/**
 * Makes a fresh clone runnable: installs the locked packages when the lock file or a manifest changed since the last
 * time. Runs before every script of package.json, so it must cost nothing when there is nothing to do, and it may use
 * only what Bun itself ships.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bunVersionFault } from "./bun-version.ts";

const root = join(import.meta.dirname, "..");
const stampPath = join(root, "node_modules", ".earshot-setup");
const manifests = [
  "bun.lock",
  "package.json",
  ...["geo", "poc", "oracle", "fixtures", "fixtures/live", "hotspot-agent", "programs/client"].map(
    (name) => `${name}/package.json`,
  ),
];

function lockDigest(): string {
  const hash = createHash("sha256");
  for (const name of manifests) {
    const path = join(root, name);
    hash.update(name).update(existsSync(path) ? readFileSync(path) : "");
  }
  return hash.digest("hex");
}

const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { packageManager: string };
const fault = bunVersionFault(Bun.version, packageManager);
if (fault !== null) {
  process.stderr.write(`${fault}\n`);
  process.exit(1);
}
const digest = lockDigest();
if (!existsSync(stampPath) || readFileSync(stampPath, "utf8") !== digest) {
  process.stderr.write("installing packages (once) …\n");
  const install = Bun.spawnSync([process.execPath, "install", "--frozen-lockfile"], {
    cwd: root,
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (install.exitCode !== 0) {
    process.stderr.write(install.stderr);
    process.stderr.write("packages could not be installed: is the npm registry reachable and the disk writable?\n");
    process.exit(1);
  }
  writeFileSync(stampPath, digest);
}
