import type { QueryClient } from "@tanstack/react-query";
import type { Task } from "../index.js";
import { storeOf } from "./store.js";

/** A key for React that a task keeps when the server gives it its id. */
export function taskKey(queryClient: QueryClient, { id }: Task): string {
  return storeOf(queryClient).keyOf(id);
}
