import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import type { Client, Settings } from "../../src/index.js";
import { createMutations, createQueries, prefetchBootstrap, taskKeys } from "../../src/react/index.js";

const settings = (version: number, timeZone = "UTC"): Settings => ({ id: "settings", timeZone, weekStart: "monday", version });

/** A client that returns these settings, one after the other. */
function clientOf(...responses: Settings[]): Client {
  const next = async () => responses.shift()!;
  return { getSettings: next, updateSettings: next, getBootstrap: async () => ({ settings: responses.shift() }) } as unknown as Client;
}

test("the newest settings win, in whatever order they arrive", async () => {
  const queryClient = new QueryClient();
  const client = clientOf(settings(2), settings(4, "Asia/Tokyo"), settings(3), settings(5));
  await prefetchBootstrap(queryClient, client);
  const shown = () => queryClient.getQueryData<Settings>(taskKeys.settings)?.version;
  expect(shown()).toBe(2);
  const { updateSettings } = createMutations(client);
  await queryClient.getMutationCache().build(queryClient, updateSettings()).execute({ changes: { timeZone: "Asia/Tokyo" } });
  expect(shown()).toBe(4);
  const read = () => queryClient.fetchQuery({ ...createQueries(client).settings(), staleTime: 0 });
  expect((await read()).version).toBe(4);
  expect((await read()).version).toBe(5);
});
