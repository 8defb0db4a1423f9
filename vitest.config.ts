import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [".ci/test/**/*.test.ts", "{geo,poc,oracle,fixtures,hotspot-agent,programs/client}/test/**/*.test.ts"],
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // .ci/run counts from the report.
    reporters: process.env.CI ? ["default", "json"] : ["default"],
    outputFile: { json: "node_modules/.earshot-tests.json" },
  },
});
