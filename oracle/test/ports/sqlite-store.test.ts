import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openStore } from "../../src/store/open-store.ts";
import { messageOf, TemporaryFolders } from "../temporary-folder.ts";
import { testStore } from "./store.contract.ts";

const folders = new TemporaryFolders("sqlite-store");

testStore({ name: "SQLite", makeUrl: async () => `sqlite:${folders.next()}/state.sqlite` });

describe("openStore", () => {
  test("refuses what is no store, and does not repeat what may be a password", async () => {
    for (const url of ["", "mysql://user:secret@host/db", "state.sqlite", "sqlite:"]) {
      const message = await messageOf(() => openStore(url));
      expect(message).toMatch(/^ORC_BAD_OPTION: store: expected sqlite:PATH or postgres/);
      expect(message).not.toContain("secret");
    }
  });

  test("refuses a file that is no database, and a path that cannot be", async () => {
    const path = `${folders.root}/notes.txt`;
    writeFileSync(
      path,
      "these are notes, and they are longer than a header of SQLite would be, so that it reads them".repeat(20),
    );
    expect(await messageOf(() => openStore(`sqlite:${path}`))).toMatch(/^ORC_STORE_UNAVAILABLE: SQLITE_NOTADB/);
    expect(await messageOf(() => openStore(`sqlite:${path}/state.sqlite`))).toMatch(/^ORC_WRITE_FAILED: /);
  });
});
