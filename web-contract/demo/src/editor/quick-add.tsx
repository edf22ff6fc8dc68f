import type { List } from "@tasklane/web-contract";
import { parseQuickAdd, type Part } from "@tasklane/web-contract/quick-add";
import { tagKey, uniqueTags } from "@tasklane/web-contract/react";
import type { KeyboardEvent } from "react";
import { counted } from "../data/messages";
import { useWorkspace } from "../data/workspace";
import { useLists } from "../lists/use-lists";
import { calendar } from "../task/calendar";
import { dueName, dueOn, readDate } from "../task/dates";
import { emptyFields, type Fields } from "../task/fields";
import { repeatName } from "../task/repeat";
import { priorityNames } from "../task/priorities";
import { CrossIcon } from "../ui/icons";

/** A recognized part of the title, with its text. */
interface UnderstoodPart extends Part {
  text: string;
}

/** The result of parsing a new task's title. */
export interface Read {
  /** The fields, with the values from the title. */
  fields: Fields;
  /** The tags that the title names. */
  tags: string[];
  parts: UnderstoodPart[];
}

/** Returns the languages to parse and the order of day and month, by the browser's language. */
function localeOptions() {
  const [first] = new Intl.DateTimeFormat(navigator.language, { day: "numeric", month: "numeric" }).formatToParts();
  const languages = navigator.language.startsWith("de") ? ["de", "en"] : ["en", "de"];
  return { languages, dayFirst: first?.type === "day" };
}

interface ReadOptions {
  /** The user's lists, for +List. */
  lists?: readonly Pick<List, "id" | "name">[];
  /** The parts that stay in the title. */
  literal?: readonly string[];
  /** Whether the due date of the fields takes precedence over the first one of a rule. */
  isDueChosen?: boolean;
}

/** Parses the title of a new task. */
export function readTask(fields: Fields, { lists = [], literal = [], isDueChosen = false }: ReadOptions = {}): Read {
  const names = lists.map(({ name }) => name);
  const read = parseQuickAdd(fields.title, { ...localeOptions(), zone: calendar.get().timeZone, lists: names, literal, recurring: true });
  const { title, date, time, rule, tags, priority, parts } = read;
  // A date that cannot be a due date stays in the title.
  if (date && !readDate(date)) {
    const texts = parts.filter(({ kind }) => kind === "due" || kind === "repeat").map(({ start, end }) => fields.title.slice(start, end));
    return readTask(fields, { lists, literal: [...literal, ...texts], isDueChosen });
  }
  const isFromRule = !parts.some(({ kind }) => kind === "due");
  return {
    fields: {
      ...fields,
      title,
      ...(date && !(isFromRule && isDueChosen && fields.dueAt) && dueOn(date, time)),
      ...(rule && { recurrence: rule, recurrenceFrom: "due" }),
      priority: priority ?? fields.priority,
      listId: lists.find(({ name }) => name === read.list)?.id ?? fields.listId,
      tags: uniqueTags([...fields.tags, ...tags]),
    },
    tags,
    parts: parts.map((part) => ({ ...part, text: fields.title.slice(part.start, part.end) })),
  };
}

/** Returns the changes when a picker sets fields, and the parts of the title that become plain text, because the choice overrides them. */
export function choose({ parts, tags }: Read, changes: Partial<Fields>): { changes: Partial<Fields>; literal: string[] } {
  const keys = changes.tags?.map(tagKey);
  const isChosen = ({ kind, text }: UnderstoodPart) =>
    (kind === "due" && changes.dueAt !== undefined) ||
    (kind === "repeat" && changes.recurrence !== undefined) ||
    (kind === "priority" && changes.priority !== undefined) ||
    (kind === "list" && changes.listId !== undefined) ||
    (kind === "tag" && keys?.includes(tagKey(text.slice(1))) === false);
  const named = new Set(tags.map(tagKey));
  const ownTags = changes.tags && { tags: changes.tags.filter((tag) => !named.has(tagKey(tag))) };
  return { changes: { ...changes, ...ownTags }, literal: parts.filter(isChosen).map(({ text }) => text) };
}

interface UnderstoodProps {
  read: Read;
  onKeep: (part: UnderstoodPart) => void;
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

/** The recognized parts, each a button that keeps it in the title. */
export function Understood({ read: { fields, parts }, onKeep }: UnderstoodProps) {
  const meaning = ({ kind, text }: UnderstoodPart) => {
    if (kind === "due") return `due ${dueName(fields)}`;
    if (kind === "repeat") return `repeats ${lowerFirst(repeatName(fields.recurrence!, fields.recurrenceFrom) ?? text)}`;
    if (kind === "priority") return `priority ${priorityNames[fields.priority]}`;
    return `${kind} ${text.slice(1)}`;
  };
  return (
    <>
      <p className="visually-hidden" role="status">
        {parts.length > 0 && `Understood: ${[...new Set(parts.map(meaning))].join(", ")}`}
      </p>
      {parts.length > 0 && (
        <ul className="understood" aria-label="Understood">
          {parts.map((part) => (
            <li key={part.start}>
              <button type="button" className="understood-part" aria-label={`Keep “${part.text}” in the title`} title="Keep in the title (Backspace)" onClick={() => onKeep(part)}>
                <span className="chip-text" dir="auto">{part.text}</span>
                <CrossIcon />
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** The maximum number of lines that are offered as tasks. */
const maxLines = 100;

/** The field into which lines are pasted. */
type Field = Pick<HTMLInputElement, "value" | "selectionStart" | "selectionEnd">;

/**
 * Returns the lines of a pasted text that could be tasks, without list markers; none if it has one line, or too many. The
 * text of the field before and after the pasted text belongs to the first and the last line.
 */
export function linesOf(text: string, { value, selectionStart, selectionEnd }: Field): string[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines.length < 2 || lines.length > maxLines) return [];
  // One line that begins with "3." may be a date.
  const isNumbered = lines.every((line) => /^\s*\d+[.)]\s/.test(line));
  const marker = isNumbered ? /^\s*\d+[.)]\s+/ : /^\s*[-*•–]\s+/;
  const titles = lines.map((line) => line.replace(marker, "").replace(/^\s*\[[ xX]?\]\s+/, "").trim());
  const [before, after] = [value.slice(0, selectionStart ?? 0), value.slice(selectionEnd ?? 0)];
  return titles.map((title, index) => (index === 0 ? before : "") + title + (index === titles.length - 1 ? after : ""));
}

interface PastedProps {
  lines: string[];
  /** The default fields of the tasks. */
  defaults: Partial<Fields>;
  onDone: () => void;
}

/** Offers to add each pasted line as a task, instead of all of them as one. */
export function Pasted({ lines, defaults, onDone }: PastedProps) {
  const { drafts, notices, writes } = useWorkspace();
  const { ready: lists } = useLists();
  function addAll() {
    drafts.clearNewTask();
    for (const title of lines) writes.create(readTask({ ...emptyFields, ...defaults, title }, { lists }).fields);
    notices.show({ message: `${counted(lines.length)} were added.` });
    onDone();
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onDone();
  }

  return (
    <div className="pasted" role="group" aria-label={`You pasted ${lines.length} lines`} onKeyDown={onKeyDown}>
      <p className="hint">You pasted {lines.length} lines.</p>
      <button type="button" className="button primary" onClick={addAll} autoFocus>
        Add {counted(lines.length)}
      </button>
      <button type="button" className="button" onClick={onDone}>
        Keep as one
      </button>
    </div>
  );
}
