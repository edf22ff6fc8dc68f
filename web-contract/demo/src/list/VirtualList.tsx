import { defaultRangeExtractor, measureElement, useWindowVirtualizer, type Range } from "@tanstack/react-virtual";
import {
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  type FocusEvent,
  type ReactNode,
  type RefObject,
} from "react";
import { print } from "../ui/media";
import { tabMap } from "../ui/storage";
import { useStore } from "../ui/store";

interface Props<Item> {
  label: string;
  items: readonly Item[];
  keyOf: (item: Item) => string;
  /** The keys of items that stay rendered wherever the list is scrolled to. */
  pinned: readonly (string | undefined)[];
  /** Whether the list is at the top of its view. Others render no items until their place is measured. */
  isFirst: boolean;
  /** Called when the list is scrolled near its end. */
  onEnd?: () => void;
  children: (item: Item) => ReactNode;
}

/** The estimated height of an item in pixels, before it is measured. */
const estimatedHeight = 57;

/**
 * The measured heights of items in pixels, by key, in this tab: a list that is
 * shown again, also after a reload, has its old height at once.
 */
const heights = tabMap<number>("tasklane.heights");

/** The number of items from the end at which onEnd is called. */
const nearEnd = 15;

/** A list of any length. Only the items near the window are rendered; when printing, all. */
export function VirtualList<Item>({ label, items, keyOf, pinned, isFirst, onEnd, children }: Props<Item>) {
  const list = useRef<HTMLUListElement>(null);
  const [focused, setFocused] = useState<string>();
  const kept = [...pinned, focused]
    .map((key) => (key === undefined ? -1 : items.findIndex((item) => keyOf(item) === key)))
    .filter((index) => index >= 0);

  const printing = useStore(print);
  const virtualizer = useWindowVirtualizer({
    count: items.length,
    estimateSize: (index) => heights.get(keyOf(items[index]!)) ?? estimatedHeight,
    measureElement: (element, entry, instance) => {
      const height = measureElement(element, entry, instance);
      const item = items[instance.indexFromElement(element)];
      if (item) heights.set(keyOf(item), height);
      return height;
    },
    overscan: 10,
    initialRect: { width: 0, height: isFirst ? innerHeight : 0 },
    scrollMargin: useTop(list),
    getItemKey: (index) => keyOf(items[index]!),
    rangeExtractor: (range: Range) =>
      printing ? [...items.keys()] : [...new Set([...defaultRangeExtractor(range), ...kept])].toSorted((a, b) => a - b),
    useFlushSync: false,
  });
  const rendered = virtualizer.getVirtualItems();
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
    >
      {rendered.map(({ index, key, start }) => (
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

/** Returns how many pixels below the top of the page the list begins. */
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
