import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["src/setup.ts"],
    // Pages share the machine with the servers: more of them at once take longer in all.
    maxConcurrency: 3,
    testTimeout: 90_000,
    hookTimeout: 60_000,
  },
});
