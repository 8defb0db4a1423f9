/**
 * Keeps a second agent out of a spool folder.
 *
 * A lock file with the process id and its start time (field 22 of /proc/<pid>/stat, clock ticks since boot): a lock whose process is gone,
 * or whose id another process has since got, does not hold. So a lock left by `kill -9` is taken over at once.
 */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { agentError } from "../errors.ts";

const lockFile = "lock";
/** A disk that takes nothing now. */
const WITHOUT: readonly string[] = ["ENOSPC", "EDQUOT", "EROFS"];

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return null;
  }
}

/** `pid start` of a running process, or null. */
async function processMark(pid: number): Promise<string | null> {
  const stat = await textOf(`/proc/${pid}/stat`);
  // The command in parentheses may hold anything, so fields are counted behind its last parenthesis.
  const start = stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  return start === undefined ? null : `${pid} ${start}`;
}

/**
 * Takes the lock; the answer gives it back. Throws AGT_SPOOL_LOCKED when another running process has it, AGT_SPOOL_UNUSABLE when
 * the folder takes no file. On a full disk, or one that the system made read-only, the agent runs without: it relays from memory.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, lockFile);
  // A lock that stays is one whose process is gone.
  const giveBack = () => rm(path, { force: true }).catch(() => {});
  const mine = await processMark(process.pid);
  for (;;) {
    try {
      await writeFile(path, `${mine ?? process.pid}\n`, { flag: "wx", mode: 0o640 });
      return giveBack;
    } catch (error) {
      const { code } = error as { readonly code?: unknown };
      if (typeof code === "string" && WITHOUT.includes(code)) return giveBack;
      if (code !== "EEXIST") throw agentError("AGT_SPOOL_UNUSABLE", `${path}: ${String(error)}`, { cause: error });
    }
    const held = (await textOf(path))?.trim() ?? "";
    const pid = Number.parseInt(held, 10);
    const holder = Number.isInteger(pid) && pid > 0 ? await processMark(pid) : null;
    if (holder !== null && holder === held && pid !== process.pid) {
      throw agentError("AGT_SPOOL_LOCKED", `${folder} is used by process ${pid}`);
    }
    try {
      await rm(path, { force: true });
    } catch (error) {
      if ((error as { readonly code?: unknown }).code === "EROFS") return async () => {};
      throw agentError("AGT_SPOOL_UNUSABLE", `${path}: ${String(error)}`, { cause: error });
    }
  }
}
