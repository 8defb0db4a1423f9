/** Servers that `.ci/run` builds with Go into `.earshot/servers`, or that are on the PATH. */
import { existsSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "..", "..", "..", ".earshot", "servers");

/** Path of a server, or undefined where it is not. */
export function builtServer(name: string): string | undefined {
  const path = join(FOLDER, name);
  return existsSync(path) ? path : (Bun.which(name) ?? undefined);
}
