import { expect, test } from "vitest";
import { runAgentBench } from "../../bench/agent.ts";

test("the bench refuses a part it does not have, before it measures anything", async () => {
  expect(await runAgentBench(["rate", "rat"])).toBe(2);
});
