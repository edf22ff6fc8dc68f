import { useEffect, useRef, type RefObject } from "react";
import { loadPart } from "../ui/load";
import { createStore } from "../ui/store";

/** An item that can be dragged. */
export interface Dragged {
  /** tasks: all that are selected. */
  kind: "task" | "tasks" | "list";
  id: string;
  /** Its name while it is dragged. */
  name: string;
}

/** The place of a drop, relative to the element under the pointer. */
export type Place = "before" | "after" | "inside";

/** The places on which the item can be dropped, with the level that it would have there. */
export type Places = Partial<Record<Place, number>>;

/** A draggable element and drop target. `level` is the pointer's: the number of indents from the element's start. */
export interface Part {
  /** The item that is dragged with the pointer; undefined if the element cannot be dragged. */
  item: Dragged | undefined;
  /** Called in place of a drag, if the item cannot be dragged. */
  instead?: (() => void) | undefined;
  accepts: (item: Dragged, level: number) => Places;
  onDrop: (item: Dragged, place: Place, level: number) => void;
}

/** The dragged item. Its row stays rendered wherever the list is scrolled to. */
export const dragged = createStore<Dragged | undefined>(undefined);

type Engine = typeof import("./engine");

let load: (engine: Engine) => void;
const engine = new Promise<Engine>((resolve) => (load = resolve));

/** Loads the code for dragging. */
export async function loadDragging(): Promise<void> {
  load(await loadPart(() => import("./engine")));
}

/** Uses that code once it is loaded. Returns a function that ends this. */
function withEngine(use: (engine: Engine) => () => void): () => void {
  let end: (() => void) | undefined;
  let ended = false;
  void engine.then((loaded) => {
    if (!ended) end = use(loaded);
  });
  return () => {
    ended = true;
    end?.();
  };
}

/** Lets an element be dragged and dropped on, once dragging is loaded. */
export function useDrag(element: RefObject<HTMLElement | null>, part: Part): void {
  const latestPart = useRef(part);
  useEffect(() => {
    latestPart.current = part;
  });
  useEffect(() => {
    // When the code is loaded, the element may have been removed, and its reference be empty.
    const attached = element.current!;
    return withEngine(({ attach }) => attach(attached, () => latestPart.current));
  }, [element]);
}

/** Scrolls an element, or by default the window, while something is dragged to its edge. */
export function useEdgeScroll(element?: RefObject<HTMLElement | null>): void {
  useEffect(() => withEngine(({ scrollAtEdge }) => scrollAtEdge(element?.current ?? undefined)), [element]);
}
