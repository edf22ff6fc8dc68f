import { useEffect, useRef, type RefObject } from "react";
import { createLoadable } from "../ui/load";
import { createStore, useStore } from "../ui/store";

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

/** The code for dragging. */
export const dragging = createLoadable(() => import("./engine"));

/** Lets an element be dragged and dropped on, once dragging is loaded. */
export function useDrag(element: RefObject<HTMLElement | null>, part: Part): void {
  const engine = useStore(dragging);
  const latestPart = useRef(part);
  useEffect(() => {
    latestPart.current = part;
  });
  useEffect(() => engine?.attach(element.current!, () => latestPart.current), [engine, element]);
}

/** Scrolls an element, or by default the window, while something is dragged to its edge. */
export function useEdgeScroll(element?: RefObject<HTMLElement | null>): void {
  const engine = useStore(dragging);
  useEffect(() => engine?.scrollAtEdge(element?.current ?? undefined), [engine, element]);
}
