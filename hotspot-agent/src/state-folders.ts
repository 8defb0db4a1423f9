/** What lies where under hotspot.state_dir. */
import { join } from "node:path";

/** Key files; the only thing here that cannot be made again. */
export function keyFolder(stateDir: string): string {
  return join(stateDir, "keys");
}

/** Received datagrams until they are delivered. */
export function spoolFolder(stateDir: string): string {
  return join(stateDir, "spool");
}

/** Sealed uploads, chain and receipts. */
export function proofFolder(stateDir: string): string {
  return join(stateDir, "proof");
}

/** Signed route lists as last fetched. */
export function routeFolder(stateDir: string): string {
  return join(stateDir, "routes");
}

/** The ledger of time on air. */
export function airTimeFolder(stateDir: string): string {
  return join(stateDir, "air-time");
}

/** A new version on trial, and those that failed. */
export function updateFolder(stateDir: string): string {
  return join(stateDir, "update");
}
