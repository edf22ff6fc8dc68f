import { QueryClientProvider, useInfiniteQuery } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { expect, vi } from "vitest";
import { createQueries, useLiveChanges } from "../../src/react/index.js";
import { eventually } from "../server.js";
import { test } from "./backend.js";

// Only the document is a browser's: requests are sent by Node's fetch.
await vi.hoisted(async () => {
  const { Window } = await import("happy-dom");
  const window = new Window();
  globalThis.navigator ??= window.navigator as unknown as Navigator;
  Object.assign(globalThis, { window, document: window.document });
});

test("a component shows the state of the connection, and live changes", async ({ open }) => {
  const page = await open({ id: "a", title: "One" });
  const queries = createQueries(page.client);
  function Tasks() {
    const { state } = useLiveChanges(page.client);
    const { data } = useInfiniteQuery(queries.tasks());
    return `${state}: ${data?.pages.flatMap(({ items }) => items.map(({ title }) => title))}`;
  }
  const element = document.createElement("div");
  const root = createRoot(element);
  const drawn = (text: string) => eventually(() => expect(element.textContent).toBe(text));
  root.render(
    <QueryClientProvider client={page.queryClient}>
      <Tasks />
    </QueryClientProvider>,
  );
  await drawn("live: One");
  page.backend.broadcast(page.backend.change({ id: "a", title: "Two" }));
  await drawn("live: Two");
  page.backend.streams[0]?.end("event: session_ended\ndata: {}\n\n");
  await drawn("ended: Two");
  root.unmount();
});
