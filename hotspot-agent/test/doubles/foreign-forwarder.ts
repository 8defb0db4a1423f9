/**
 * A packet forwarder that nobody here wrote: the client example of the crate semtech-udp 0.12.0, which Helium's gateways use. Built
 * once with cargo into .earshot/semtech-udp; EARSHOT_SEMTECH_CLIENT names a binary built elsewhere.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../../../.earshot/semtech-udp");

/** For a hook that may have to build it, ms. */
export const BUILD_TIMEOUT_MS = 900_000;

/** The EUI that the example has built in. */
export const FOREIGN_EUI = "0000000004030201";

/** Path of the client, built if it was not there. Throws a sentence that says what is missing. */
export function foreignForwarder(): string {
  const given = process.env.EARSHOT_SEMTECH_CLIENT;
  if (given !== undefined) return given;
  const client = join(folder, "bin/client");
  if (existsSync(client)) return client;
  const features = ["--examples", "--features", "client,server", "--locked"];
  const install = spawnSync("cargo", ["install", "semtech-udp", "--version", "0.12.0", ...features, "--root", folder], {
    stdio: "pipe",
  });
  if (install.error !== undefined) {
    throw new Error(
      "cargo is missing: install Rust, or name a built client of semtech-udp 0.12.0 in EARSHOT_SEMTECH_CLIENT",
    );
  }
  if (install.status !== 0) throw new Error(`semtech-udp could not be built:\n${install.stderr}`);
  return client;
}
