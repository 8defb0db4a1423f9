import { expect, test } from "vitest";
import { bunVersionFault } from "../bun-version.ts";

test("this Bun and later ones of its minor version will do", () => {
  for (const version of ["1.4.5", "1.4.6", "1.4.30"]) expect(bunVersionFault(version, "bun@1.4.5")).toBeNull();
});

test("another one is told in one sentence what to do", () => {
  for (const version of ["1.4.4", "1.3.12", "1.5.0", "2.0.0", "1.4.4-canary.1"]) {
    expect(bunVersionFault(version, "bun@1.4.5")).toBe(
      `Earshot runs on Bun 1.4.5 and this is Bun ${version}: put "npx -y bun@1.4.5" in the place of "bun".`,
    );
  }
});
