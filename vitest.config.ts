import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      ".ci/test/**/*.test.ts",
      "{geo,poc,oracle,fixtures,fixtures/live,hotspot-agent,programs/client}/test/**/*.test.ts",
    ],
    pool: "forks",
    // The slow files wait for brokers and clocks and leave a core idle; the default on two cores is one worker.
    maxWorkers: 2,
    // Machines may be five times as slow as this was written on; what hangs still fails.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // What is waited for comes when it comes: by itself this gives up after a second.
    expect: { poll: { timeout: 60_000 } },
    // .ci/run counts from the report.
    reporters: process.env.CI ? ["default", "json"] : ["default"],
    outputFile: { json: "node_modules/.earshot-tests.json" },
  },
});
