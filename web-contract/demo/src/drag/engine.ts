import { autoScrollForElements, autoScrollWindowForElements } from "@atlaskit/pragmatic-drag-and-drop-auto-scroll/element";
import { attachInstruction, extractInstruction, type Operation } from "@atlaskit/pragmatic-drag-and-drop-hitbox/list-item";
import { combine } from "@atlaskit/pragmatic-drag-and-drop/combine";
import { draggable, dropTargetForElements } from "@atlaskit/pragmatic-drag-and-drop/element/adapter";
import { pointerOutsideOfPreview } from "@atlaskit/pragmatic-drag-and-drop/element/pointer-outside-of-preview";
import { setCustomNativeDragPreview } from "@atlaskit/pragmatic-drag-and-drop/element/set-custom-native-drag-preview";
import { dragged, type Dragged, type Part, type Place } from "./drag";

const operations: Record<Place, Operation> = { before: "reorder-before", after: "reorder-after", inside: "combine" };
const places = Object.keys(operations) as Place[];

/** Lets an element be dragged and dropped on, as its part says at that moment. Returns how to end that. */
export function attach(element: HTMLElement, part: () => Part): () => void {
  const show = (place?: Place) => {
    if (place) element.dataset["drop"] = place;
    else delete element.dataset["drop"];
  };
  const placeOf = (data: Record<string | symbol, unknown>) => {
    const instruction = extractInstruction(data);
    return instruction ? places.find((place) => operations[place] === instruction.operation) : undefined;
  };
  return combine(
    draggable({
      element,
      canDrag: () => part().item !== undefined,
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
      canDrop: ({ source }) => part().takes(source.data["item"] as Dragged).length > 0,
      getData({ input, source }) {
        const taken = part().takes(source.data["item"] as Dragged);
        const available = Object.fromEntries(
          taken.map((place) => [operations[place], "available" as const]),
        );
        return attachInstruction({}, { element, input, operations: available });
      },
      onDrag: ({ self }) => show(placeOf(self.data)),
      onDragLeave: () => show(),
      onDrop({ self, source }) {
        show();
        const place = placeOf(self.data);
        if (place) part().onDrop(source.data["item"] as Dragged, place);
      },
    }),
  );
}

/** Scrolls an element, or by default the window, while something is dragged to its edge. */
export const scrollAtEdge = (element?: HTMLElement) =>
  element ? autoScrollForElements({ element }) : autoScrollWindowForElements();
