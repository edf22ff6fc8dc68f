import { useRef, useState, type KeyboardEvent } from "react";
import { flushSync } from "react-dom";
import { addDays, addMonths, dayAt, monthName, startOfWeek, weekdayName } from "../task/dates";
import { ChevronIcon } from "../ui/icons";
import "./month.css";

interface Props {
  /** The day that is chosen; empty for none. */
  day: string;
  onChange: (day: string) => void;
}

const steps: Record<string, (day: string) => string> = {
  ArrowLeft: (day) => addDays(day, -1),
  ArrowRight: (day) => addDays(day, 1),
  ArrowUp: (day) => addDays(day, -7),
  ArrowDown: (day) => addDays(day, 7),
  Home: startOfWeek,
  End: (day) => addDays(startOfWeek(day), 6),
  PageUp: (day) => addMonths(day, -1),
  PageDown: (day) => addMonths(day, 1),
};

/** A calendar of a month, in which a day can be chosen. Tab reaches one day; the arrow keys move from day to day. */
export function Month({ day, onChange }: Props) {
  const today = dayAt(new Date());
  const table = useRef<HTMLTableElement>(null);
  const [current, setCurrent] = useState(day || today);
  const name = monthName(current);

  function onKeyDown(event: KeyboardEvent) {
    const step = steps[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    flushSync(() => setCurrent(step(current)));
    table.current?.querySelector<HTMLElement>("[tabindex='0']")?.focus();
  }

  return (
    <div className="month">
      <div className="month-head">
        <span aria-live="polite">{name}</span>
        {([-1, 1] as const).map((by) => (
          <button
            key={by}
            type="button"
            className={`button icon-only${by < 0 ? " is-back" : ""}`}
            aria-label={by < 0 ? "Previous month" : "Next month"}
            onClick={() => setCurrent(addMonths(current, by))}
          >
            <ChevronIcon />
          </button>
        ))}
      </div>
      <table ref={table} role="grid" aria-label={name} onKeyDown={onKeyDown}>
        <thead>
          <tr>
            {weekOf(current).map((date) => (
              <th key={date} scope="col" abbr={weekdayName(date)}>
                {weekdayName(date, "short")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeksOf(current).map((week) => (
            <tr key={week[0]}>
              {week.map((date) => (
                <td key={date} aria-selected={date === day}>
                  {date.slice(0, 7) === current.slice(0, 7) && (
                    <button
                      type="button"
                      className="month-day"
                      tabIndex={date === current ? 0 : -1}
                      aria-label={dateName(date)}
                      aria-current={date === today ? "date" : undefined}
                      onClick={() => onChange(date)}
                    >
                      {Number(date.slice(8))}
                    </button>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const dateName = (day: string) => new Date(day).toLocaleDateString(undefined, { dateStyle: "full", timeZone: "UTC" });

const weekOf = (day: string) => Array.from({ length: 7 }, (_, index) => addDays(startOfWeek(day), index));

/** The weeks of a month, with the days of other months in its first and last week. */
function weeksOf(day: string): string[][] {
  const first = `${day.slice(0, 8)}01`;
  const next = addMonths(first, 1);
  const weeks: string[][] = [];
  for (let start = startOfWeek(first); start < next; start = addDays(start, 7)) weeks.push(weekOf(start));
  return weeks;
}
