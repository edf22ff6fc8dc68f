import type { QueryClient } from "@tanstack/react-query";
import type { Queries } from "@tasklane/web-contract/react";
import { allTasks, taskFilters } from "../filters/filters";

/** Fills the lists of open and of completed tasks from the page's first response, if that has all tasks. */
export function seedLists(queryClient: QueryClient, queries: Queries): void {
  const [page, ...more] = queryClient.getQueryData(queries.tasks().queryKey)?.pages ?? [];
  if (!page || more.length > 0 || page.nextCursor !== null) return;
  const filters = taskFilters(allTasks);
  for (const completed of [false, true]) {
    const items = page.items.filter((task) => task.completed === completed);
    queryClient.setQueryData(queries.tasks({ ...filters, completed }).queryKey, {
      pages: [{ ...page, items }],
      pageParams: [undefined],
    });
  }
}
