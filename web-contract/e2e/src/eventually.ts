import { vi } from "vitest";

/** In milliseconds: how long a test waits for anything. It only ends a test that hangs, and claims nothing about time. */
export const patience = 60_000;

/** Repeats a check until it passes, every `interval` milliseconds. */
export const eventually = <T>(check: () => T | Promise<T>, interval = 50) => vi.waitFor(check, { timeout: patience, interval });
