import { vi } from "vitest";

/** The longest wait of a test for anything, in milliseconds. It only ends tests that hang, and claims nothing about speed. */
export const waitTimeout = 60_000;

/** Repeats a check until it passes, every `interval` milliseconds. */
export const eventually = <T>(check: () => T | Promise<T>, interval = 50) => vi.waitFor(check, { timeout: waitTimeout, interval });
