import { describe, expect, test } from "vitest";
import { editDistance, nearestName } from "../../src/config/nearest-name.ts";
import { lineOf, tomlLines } from "../../src/config/toml-lines.ts";

describe("tomlLines", () => {
  test("finds keys in tables, lists of tables, dotted and quoted keys", () => {
    const text = `# a = 1
[forwarder]
listen = "x = y"
allow = [
  "a", # ]
  "b = c",
]
crc = []

[[server]]
name = "one"
[server.commands]
"up time" = ["x"]
[[server]]
tls.ca = """
name = "not a key"
"""
name = 'two'
`;
    expect(Object.fromEntries(tomlLines(text))).toEqual({
      forwarder: 2,
      "forwarder.listen": 3,
      "forwarder.allow": 4,
      "forwarder.crc": 8,
      "server.0": 10,
      "server.0.name": 11,
      "server.0.commands": 12,
      "server.0.commands.up time": 13,
      "server.1": 14,
      "server.1.tls.ca": 15,
      "server.1.name": 18,
    });
  });

  test("gives the line of the table where the key itself is not written", () => {
    const lines = tomlLines("\n[[server]]\nname = 1\n");
    expect(lineOf(lines, ["server", "0", "url"])).toBe(2);
    expect(lineOf(lines, ["spool", "max_age"])).toBeUndefined();
  });
});

describe("nearestName", () => {
  test.each([
    ["lisen", "listen"],
    ["ulr", "url"],
    ["MAX_AGE", "max_age"],
    ["zzz", undefined],
    ["", undefined],
  ])("of %j is %j", (name, expected) => {
    expect(nearestName(name, ["listen", "url", "max_age"])).toBe(expected);
  });

  test("counts a swap of neighbours as one edit", () => {
    expect([editDistance("ulr", "url"), editDistance("", "abc"), editDistance("kitten", "sitting")]).toEqual([1, 3, 3]);
  });
});
