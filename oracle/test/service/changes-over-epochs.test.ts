/**
 * What takes epochs of a chain whose clock runs, and needs little of the machine meanwhile: played at once, each on a chain of its own. An epoch
 * cannot be shorter than 24 s, since blocks tell whole seconds (preset `demo`), and what is waited for is told at its end.
 */
import { describe, test } from "vitest";
import { followOracle } from "./key-rotation.ts";
import { changeRules } from "./rule-change.ts";

describe.concurrent("over epochs of a chain", () => {
  test(
    "a change of rules is followed by an oracle that has the file, and said by one that has not",
    changeRules,
    600_000,
  );
  test("an oracle is followed by another one with keys of its own, and no epoch is missed", followOracle, 900_000);
});
