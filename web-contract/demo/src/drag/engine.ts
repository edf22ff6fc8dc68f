import { autoScrollForElements, autoScrollWindowForElements } from "@atlaskit/pragmatic-drag-and-drop-auto-scroll/element";
import { attachInstruction, extractInstruction, type Operation } from "@atlaskit/pragmatic-drag-and-drop-hitbox/list-item";
import { combine } from "@atlaskit/pragmatic-drag-and-drop/combine";
import { draggable, dropTargetForElements } from "@atlaskit/pragmatic-drag-and-drop/element/adapter";
import { pointerOutsideOfPreview } from "@atlaskit/pragmatic-drag-and-drop/element/pointer-outside-of-preview";
import { setCustomNativeDragPreview } from "@atlaskit/pragmatic-drag-and-drop/element/set-custom-native-drag-preview";
import type { ElementDragType, Input } from "@atlaskit/pragmatic-drag-and-drop/types";
import { dragged, type Dragged, type Part, type Place } from "./drag";

const operations: Record<Place, Operation> = { before: "reorder-before", after: "reorder-after", inside: "combine" };
const places = Object.keys(operations) as Place[];

/** The width of an indent, in rem. */
const indent = 1.75;

type Source = ElementDragType["payload"];

const itemOf = (source: Source) => source.data["item"] as Dragged;

/** Makes an element draggable and a drop target, as `part` says at that time. Returns a function that ends this. */
export function attach(element: HTMLElement, part: () => Part): () => void {
  const levelOf = ({ clientX }: Input) =>
    (clientX - element.getBoundingClientRect().left) / (indent * parseFloat(getComputedStyle(document.documentElement).fontSize));
  const placeOf = (data: Record<string | symbol, unknown>) => {
    const instruction = extractInstruction(data);
    return instruction ? places.find((place) => operations[place] === instruction.operation) : undefined;
  };
  const accepted = (source: Source, input: Input) => Object.entries(part().accepts(itemOf(source), levelOf(input)));
  const hide = () => delete element.dataset["drop"];
  return combine(
    draggable({
      element,
      canDrag() {
        const { item, instead } = part();
        if (!item) instead?.();
        return item !== undefined;
      },
      getInitialData: () => ({ item: part().item }),
      onGenerateDragPreview: ({ nativeSetDragImage }) =>
        setCustomNativeDragPreview({
          nativeSetDragImage,
          getOffset: pointerOutsideOfPreview({ x: "0.75rem", y: "0.5rem" }),
          render({ container }) {
            const card = document.createElement("div");
            card.className = "drag-card";
            card.textContent = part().item?.name ?? "";
            container.append(card);
          },
        }),
      onDragStart() {
        element.dataset["dragging"] = "";
        dragged.set(part().item);
      },
      onDrop() {
        delete element.dataset["dragging"];
        dragged.set(undefined);
      },
    }),
    dropTargetForElements({
      element,
      canDrop: ({ source, input }) => accepted(source, input).length > 0,
      getData: ({ source, input }) =>
        attachInstruction({}, { element, input, operations: Object.fromEntries(accepted(source, input).map(([place]) => [operations[place as Place], "available"])) }),
      onDrag({ self, source, location }) {
        const place = placeOf(self.data);
        if (!place) return hide();
        element.dataset["drop"] = place;
        element.style.setProperty("--level", `${part().accepts(itemOf(source), levelOf(location.current.input))[place]}`);
      },
      onDragLeave: hide,
      onDrop({ self, source, location }) {
        hide();
        const place = placeOf(self.data);
        if (place) part().onDrop(itemOf(source), place, levelOf(location.current.input));
      },
    }),
  );
}

/** Scrolls an element, or by default the window, while something is dragged to its edge. */
export const scrollAtEdge = (element?: HTMLElement) =>
  element ? autoScrollForElements({ element }) : autoScrollWindowForElements();
