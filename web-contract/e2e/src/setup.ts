import type { TestProject } from "vitest/node";
import { findChromium } from "./browser.js";
import { bundleClients } from "./bundle.js";
import { startStack, type Stack } from "./stack.js";

declare module "vitest" {
  export interface ProvidedContext {
    chromium: string;
    clients: string;
    stack: Stack;
  }
}

/** Finds a browser and starts all of Tasklane, once for all tests. */
export default async function setup(project: TestProject) {
  project.provide("chromium", await findChromium());
  project.provide("clients", await bundleClients());
  const { stack, stop } = await startStack();
  project.provide("stack", stack);
  return stop;
}
