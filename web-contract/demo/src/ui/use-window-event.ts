import { useEffect, useEffectEvent } from "react";

/** Calls a function on each event of this type that reaches the window. */
export function useWindowEvent<Type extends keyof WindowEventMap>(type: Type, onEvent: (event: WindowEventMap[Type]) => void): void {
  const call = useEffectEvent(onEvent);
  useEffect(() => {
    const listener = (event: WindowEventMap[Type]) => call(event);
    addEventListener(type, listener);
    return () => removeEventListener(type, listener);
  }, [type]);
}
