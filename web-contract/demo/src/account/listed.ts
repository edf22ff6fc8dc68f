import { useCallback, useEffect, useState } from "react";
import type { Answer } from "./auth";
import { authFault } from "./messages";

/** A list that the server has of an account: undefined until it is loaded. `load` reads it again. */
export function useListed<Item>(list: () => Promise<Answer<Item[]>>) {
  const [items, setItems] = useState<Item[]>();
  const [fault, setFault] = useState<string>();
  const load = useCallback(async () => {
    const { data, error } = await list().catch((): Answer<Item[]> => ({}));
    if (data) setItems(data);
    setFault(data ? undefined : authFault(error ?? {}).message);
  }, [list]);
  useEffect(() => void load(), [load]);
  return { items, fault, load };
}
