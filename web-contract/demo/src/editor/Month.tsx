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
            {weekOf(current).map((shown) => (
              <th key={shown} scope="col" abbr={weekdayName(shown)}>
                {weekdayName(shown, "short")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeksOf(current).map((week) => (
            <tr key={week[0]}>
              {week.map((shown) => (
                <td key={shown} aria-selected={shown === day}>
                  {shown.slice(0, 7) === current.slice(0, 7) && (
                    <button
                      type="button"
                      className="month-day"
                      tabIndex={shown === current ? 0 : -1}
                      aria-label={dateName(shown)}
                      aria-current={shown === today ? "date" : undefined}
                      onClick={() => onChange(shown)}
                    >
                      {Number(shown.slice(8))}
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

const weekOf = (day: string) => Array.from({ length: 7 }, (_, at) => addDays(startOfWeek(day), at));

/** The weeks of a month, with the days of other months in its first and last week. */
function weeksOf(day: string): string[][] {
  const first = `${day.slice(0, 8)}01`;
  const next = addMonths(first, 1);
  const weeks: string[][] = [];
  for (let at = startOfWeek(first); at < next; at = addDays(at, 7)) weeks.push(weekOf(at));
  return weeks;
}
