import { useCallback, useEffect, useState } from "react";
import type { AuthResponse } from "./auth";
import { authFault } from "./messages";

/** Returns a list of the account, such as its sessions; undefined until it is loaded. `load` loads it again. */
export function useAccountList<Item>(list: () => Promise<AuthResponse<Item[]>>) {
  const [items, setItems] = useState<Item[]>();
  const [fault, setFault] = useState<string>();
  const load = useCallback(async () => {
    const { data, error } = await list().catch((): AuthResponse<Item[]> => ({}));
    if (data) setItems(data);
    setFault(data ? undefined : authFault(error ?? {}).message);
  }, [list]);
  useEffect(() => void load(), [load]);
  return { items, fault, load };
}
