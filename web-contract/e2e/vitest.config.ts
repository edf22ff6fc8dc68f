import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["src/setup.ts"],
    // Pages share the machine with the servers: more of them at once take longer in all.
    maxConcurrency: 3,
    // For a test that hangs: a busy machine takes several times as long as an idle one.
    testTimeout: 240_000,
    hookTimeout: 60_000,
  },
});
