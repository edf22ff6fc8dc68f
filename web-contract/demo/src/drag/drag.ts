import { useEffect, useRef, type RefObject } from "react";
import { createStore, useStore } from "../ui/store";

/** What can be dragged. */
export interface Dragged {
  /** tasks: all that are selected. */
  kind: "task" | "tasks" | "list";
  id: string;
  /** What it is called while it is dragged. */
  name: string;
}

/** Where something is dropped, seen from the element under the pointer. */
export type Place = "before" | "after" | "inside";

/** The places that take what is dragged, each with the level that it would be on there. */
export type Places = Partial<Record<Place, number>>;

/** What an element is to those that are dragged. `level` is that of the pointer: how many indents it is from the element's start. */
export interface Part {
  /** What goes with the pointer that drags it; undefined if it stays. */
  item: Dragged | undefined;
  takes: (item: Dragged, level: number) => Places;
  onDrop: (item: Dragged, place: Place, level: number) => void;
}

/** What is being dragged. Its row stays drawn wherever the list is scrolled to. */
export const dragged = createStore<Dragged | undefined>(undefined);

type Engine = typeof import("./engine");

const engine = createStore<Engine | undefined>(undefined);

/** Loads what dragging takes. */
export async function loadDragging(): Promise<void> {
  engine.set(await import("./engine"));
}

/** Lets an element be dragged and dropped on, once dragging is loaded. */
export function useDrag(element: RefObject<HTMLElement | null>, part: Part): void {
  const latest = useRef(part);
  useEffect(() => {
    latest.current = part;
  });
  const loaded = useStore(engine);
  useEffect(() => {
    if (loaded && element.current) return loaded.attach(element.current, () => latest.current);
  }, [loaded, element]);
}

/** Scrolls an element, or by default the window, while something is dragged to its edge. */
export function useEdgeScroll(element?: RefObject<HTMLElement | null>): void {
  const loaded = useStore(engine);
  useEffect(() => loaded?.scrollAtEdge(element?.current ?? undefined), [loaded, element]);
}
