import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DiskFiles } from "../../src/proof/state-files.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "earshot-state-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (text: string) => new TextEncoder().encode(text);

describe("state files on a disk", () => {
  test("are replaced whole, appended to, listed in order and removed", async () => {
    const files = new DiskFiles(join(folder, "deep", "state"));
    expect(await files.list()).toEqual([]);
    expect(await files.read("a")).toBe(null);
    await files.replace("b", bytes("one"));
    await files.replace("b", bytes("two"));
    await files.append("a", bytes("x"));
    await files.append("a", bytes("yz"));
    await files.sync("a");
    await files.sync("nothing");
    expect(await files.list()).toEqual([
      { name: "a", bytes: 3 },
      { name: "b", bytes: 3 },
    ]);
    expect(await files.read("a")).toEqual(bytes("xyz"));
    expect(await files.read("b")).toEqual(bytes("two"));
    await files.remove("a");
    await files.remove("a");
    await files.append("a", bytes("new"));
    expect(await files.read("a")).toEqual(bytes("new"));
    await files.close();
    expect(readdirSync(join(folder, "deep", "state")).sort()).toEqual(["a", "b"]);
  });

  test("are their owner's alone, and drafts of a crash are not among them", async () => {
    const state = join(folder, "state");
    const files = new DiskFiles(state);
    await files.replace("a", bytes("one"));
    expect(statSync(state).mode & 0o777).toBe(0o700);
    expect(statSync(join(state, "a")).mode & 0o777).toBe(0o600);
    writeFileSync(join(state, "a.new"), "torn");
    expect(await files.list()).toEqual([{ name: "a", bytes: 3 }]);
    await files.replace("a", bytes("three"));
    expect(readFileSync(join(state, "a"), "utf8")).toBe("three");
  });

  test("reject where there can be no folder, and leave nothing open", async () => {
    writeFileSync(join(folder, "file"), "");
    const files = new DiskFiles(join(folder, "file", "state"));
    await expect(files.replace("a", bytes("x"))).rejects.toThrow();
    await expect(files.append("a", bytes("x"))).rejects.toThrow();
    await files.close();
  });
});
