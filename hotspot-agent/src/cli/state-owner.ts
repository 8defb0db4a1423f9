/**
 * Whose the state folder is. The service runs as its owner, so whatever a person makes there as root has to be the owner's, or the
 * service cannot open it.
 */
import { chownSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Root goes on as the owner of the state folder, for good. Everybody else, and root in its own or no folder, stays who they are. */
export function becomeOwner(stateDir: string): void {
  const owner = otherOwner(stateDir);
  if (owner === undefined) return;
  process.setgroups?.([]);
  process.setgid?.(owner.gid);
  process.setuid?.(owner.uid);
}

/** Gives a folder that root made, and the files in it, to the owner of the state folder. */
export function giveToOwner(stateDir: string, folder: string): void {
  const owner = otherOwner(stateDir);
  if (owner === undefined) return;
  for (const path of [folder, ...readdirSync(folder).map((name) => join(folder, name))]) {
    chownSync(path, owner.uid, owner.gid);
  }
}

function otherOwner(stateDir: string): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const stat = statSync(stateDir, { throwIfNoEntry: false });
  return stat === undefined || stat.uid === 0 ? undefined : stat;
}
