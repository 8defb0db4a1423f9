import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{geo,poc,oracle,fixtures,hotspot-agent,programs/client}/test/**/*.test.ts"],
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
