/** §4.2 Build: what is tested is what is released; and the rules of the sources that a reader of issue 5 can check by eye. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { IDLS } from "../harness/idl.ts";

const programs = join(import.meta.dirname, "../../..");
const NAMES = ["guard", "registry", "data_credits", "rewards", "governance"] as const;

function sourcesBelow(folder: string): { path: string; text: string }[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourcesBelow(path);
    return path.endsWith(".rs") ? [{ path: path.slice(programs.length + 1), text: readFileSync(path, "utf8") }] : [];
  });
}

const sources = NAMES.flatMap((name) => sourcesBelow(join(programs, name, "src")));
/** A type that a field names. */
const DEFINED = /"defined":\{"name":"(\w+)"/g;
const released = (text: string) => text.split("#[cfg(test)]")[0] as string;

test("no check hides behind a switch for tests", () => {
  for (const { path, text } of sources) {
    expect(released(text), path).not.toMatch(/cfg!|cfg\(|option_env!|env!\(|TESTING|debug_assert/);
    // Tests are at the end of a file, so nothing after them is released.
    expect(text.match(/#\[cfg\(test\)\]/g)?.length ?? 0, path).toBeLessThanOrEqual(1);
  }
  for (const name of NAMES) {
    const features = readFileSync(join(programs, name, "Cargo.toml"), "utf8").match(
      /^\[features\]\n([\s\S]*?)\n\[/m,
    )?.[1];
    const names = features?.match(/^[\w-]+(?= =)/gm);
    expect(names, name).toEqual(["default", "cpi", "no-entrypoint", "idl-build"]);
    expect(features, name).toContain("default = []");
  }
});

test("overflow is checked in the release build", () => {
  expect(readFileSync(join(programs, "Cargo.toml"), "utf8")).toMatch(/\[profile\.release\]\noverflow-checks = true/);
});

test("no instruction is temporary, for debugging or for tests", () => {
  const names = Object.values(IDLS).flatMap(({ instructions }) => instructions.map(({ name }) => name));
  expect(names.length).toBeGreaterThan(70);
  expect(names.filter((name) => /(^|_)(temp|tmp|debug|test|migrate|legacy|v\d)(_|$)/.test(name))).toEqual([]);
});

test("an instruction is a file, with its accounts, and its checks before its changes", () => {
  for (const name of NAMES) {
    const files = sources.filter(
      ({ path }) => path.startsWith(`${name}/src/instructions/`) && !path.endsWith("mod.rs"),
    );
    expect(files.length, name).toBe(IDLS[camel(name)].instructions.length);
    for (const { path, text } of files) {
      expect(released(text).match(/#\[derive\(Accounts\)\]/g)?.length, path).toBe(1);
      expect(released(text), path).toMatch(/pub fn handle\(/);
    }
  }
});

test("whatever changes an account for long says so by an event of its own", () => {
  // Called by programs that say it themselves, in every claim and conversion; and the account that a first claim opens.
  const silent = ["guarded_burn", "guarded_mint", "guarded_reissue", "guarded_transfer", "open_claim"];
  const files = sources.filter(({ path }) => path.includes("/instructions/") && !path.endsWith("mod.rs"));
  const without = files
    .filter(({ text }) => !text.includes("emit_cpi!"))
    .map(({ path }) => path.replace(/.*\/|\.rs/g, ""));
  expect(without.toSorted()).toEqual(silent);
  for (const { path, text } of sources) expect(released(text), path).not.toMatch(/\bemit!\(|msg!\(/);
});

describe("every field of every account, and of what stands in it, has a line that says what it is", () => {
  test.each(NAMES)("%s", (name) => {
    const { accounts, types } = IDLS[camel(name)];
    const stored = new Set(accounts.map(({ name }) => name));
    // What fields are made of belongs to the account: the set grows while it is gone through.
    for (const one of stored)
      for (const [, inner] of JSON.stringify(types.find((type) => type.name === one) ?? "").matchAll(DEFINED))
        stored.add(inner as string);
    const undocumented = types
      .filter((type) => stored.has(type.name) && type.type.kind === "struct")
      .flatMap(({ name, type }) => ("fields" in type ? (type.fields ?? []) : []).map((field) => ({ name, field })))
      .filter(({ field }) => (field.docs ?? []).length === 0)
      .map(({ name, field }) => `${name}.${field.name}`);
    expect(undocumented).toEqual([]);
  });
});

test("no program reads what another one returns: there is no return data to forge", () => {
  for (const { path, text } of sources) expect(released(text), path).not.toMatch(/return_data/);
});

test("errors are numbered from 6000 without gaps, and say what is wrong", () => {
  for (const { errors } of Object.values(IDLS)) {
    expect(errors.map(({ code }) => code)).toEqual(errors.map((_, index) => 6_000 + index));
    for (const error of errors) expect((error as { msg?: string }).msg?.length, error.name).toBeGreaterThan(10);
  }
});

/** Errors of checks that others come before: they are there for the day one of those is wrong. */
const SECOND_LINE: Readonly<Record<string, string>> = {
  "guard WrongTarget": "the guard's address is derived from the target",
  "guard SupplyChanged": "the token programs burn and make what they are told",
  "registry SignatureTruncated": "the precompile refuses it; Rust tests of the precompile crate reach it",
  "registry SignatureNotCanonical": "the precompile refuses it; Rust tests of the precompile crate reach it",
  "dataCredits SignatureTruncated": "as in the registry",
  "dataCredits SignatureNotCanonical": "as in the registry",
  "dataCredits BooksDoNotBalance": "the token programs burn and make what they are told",
  "rewards BooksDoNotBalance": "the token programs burn and make what they are told",
  "rewards ReissueExceedsBurns": "what is issued again is bounded by what was burnt before it is issued",
  "governance BooksDoNotBalance": "the locks are nobody's but the program's",
};

test("every error is one that a test asks for, or stands behind a check that comes first", () => {
  const tests = join(import.meta.dirname, "..");
  const texts = readdirSync(tests, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(ts|txt)$/.test(path) && !path.endsWith("build.test.ts"))
    .map((path) => readFileSync(join(tests, path), "utf8"))
    .join("\n");
  const asked = new Set(texts.match(/\b[A-Z]\w+\b/g));
  const unasked = Object.entries(IDLS).flatMap(([program, { errors }]) =>
    errors.filter(({ name }) => !asked.has(name)).map(({ name }) => `${program} ${name}`),
  );
  expect(unasked.toSorted()).toEqual(Object.keys(SECOND_LINE).toSorted());
});

function camel(name: (typeof NAMES)[number]): keyof typeof IDLS {
  return name === "data_credits" ? "dataCredits" : name;
}
