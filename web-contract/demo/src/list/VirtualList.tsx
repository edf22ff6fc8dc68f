import { defaultRangeExtractor, useWindowVirtualizer, type Range } from "@tanstack/react-virtual";
import {
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
  type FocusEvent,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
} from "react";

interface Props<Item> {
  label: string;
  items: readonly Item[];
  keyOf: (item: Item) => string;
  /** The key of an item that stays drawn wherever the list is scrolled to. */
  pinned?: string | undefined;
  /** Called when the end of the list comes near. */
  onEnd?: () => void;
  children: (item: Item) => ReactNode;
}

// On paper, all items are drawn.
const print = matchMedia("print");
const isPrinting = () => print.matches;
function watchPrint(listener: () => void): () => void {
  print.addEventListener("change", listener);
  return () => print.removeEventListener("change", listener);
}

/** About how many pixels high an item is, until it is measured. */
const usualHeight = 57;

/** How many items before the end are the end coming near. */
const nearEnd = 15;

/**
 * A list of any length, of which only the items near the window are drawn. The
 * arrow keys go from item to item.
 */
export function VirtualList<Item>({ label, items, keyOf, pinned, onEnd, children }: Props<Item>) {
  const list = useRef<HTMLUListElement>(null);
  const [focused, setFocused] = useState<string>();
  const kept = [pinned, focused]
    .map((key) => (key === undefined ? -1 : items.findIndex((item) => keyOf(item) === key)))
    .filter((index) => index >= 0);

  const printing = useSyncExternalStore(watchPrint, isPrinting);
  const virtualizer = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => usualHeight,
    overscan: 10,
    scrollMargin: useTop(list),
    getItemKey: (index) => keyOf(items[index]!),
    rangeExtractor: (range: Range) =>
      printing ? [...items.keys()] : [...new Set([...defaultRangeExtractor(range), ...kept])].toSorted((a, b) => a - b),
    useFlushSync: false,
  });
  const drawn = virtualizer.getVirtualItems();
  const last = virtualizer.range?.endIndex ?? 0;

  useEffect(() => {
    if (last >= items.length - nearEnd) onEnd?.();
  }, [last, items.length, onEnd]);

  function onFocus({ target }: FocusEvent) {
    const index = target.closest("li")?.dataset["index"];
    const item = items[Number(index)];
    if (item) setFocused(keyOf(item));
  }

  return (
    <ul
      ref={list}
      className="task-list"
      role="list"
      aria-label={label}
      style={{ height: virtualizer.getTotalSize() }}
      onFocus={onFocus}
      onBlur={() => setFocused(undefined)}
      onKeyDown={moveByArrows}
    >
      {drawn.map(({ index, key, start }) => (
        <li
          key={key}
          ref={virtualizer.measureElement}
          data-index={index}
          data-key={key}
          aria-setsize={items.length}
          aria-posinset={index + 1}
          style={{ transform: `translateY(${start - virtualizer.options.scrollMargin}px)` }}
        >
          {children(items[index]!)}
        </li>
      ))}
    </ul>
  );
}

/** Follows how many pixels below the top of the page the list begins. */
function useTop(list: RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const measure = () => {
      if (list.current) setTop(Math.round(list.current.getBoundingClientRect().top + scrollY));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [list]);
  return top;
}

/** Moves the focus to the same control of the next item, or the one before. */
function moveByArrows(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key] as
    | "nextElementSibling"
    | undefined;
  const target = event.target as HTMLElement;
  const item = target.closest("li");
  if (!step || !item || target.closest("[data-editor], [data-overlay]")) return;
  const name = target.dataset["control"] ?? "check";
  const next = item[step]?.querySelector<HTMLElement>(`[data-control=${name}]`);
  if (!next) return;
  event.preventDefault();
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}
