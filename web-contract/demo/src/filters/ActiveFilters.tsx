import { priorityNames } from "../task/priorities";
import { toggled } from "../ui/CheckOption";
import { CrossIcon } from "../ui/icons";
import { countFilters, dueNames, showNames, type Filters } from "./filters";

interface Props {
  filters: Filters;
  onChange: (changes: Partial<Filters>) => void;
}

/** The active filters, each with a button to remove it. */
export function ActiveFilters({ filters, onChange }: Props) {
  if (countFilters(filters) === 0) return null;
  const { show, due, priorities, tags } = filters;
  const active: (false | { text: string; without: Partial<Filters> })[] = [
    show !== "all" && { text: showNames[show], without: { show: "all" } },
    due !== "any" && { text: dueNames[due], without: { due: "any" } },
    ...priorities.map((priority) => ({ text: priorityNames[priority], without: { priorities: toggled(priorities, priority) } })),
    ...tags.map((tag) => ({ text: `#${tag}`, without: { tags: toggled(tags, tag) } })),
  ];
  return (
    <ul className="active-filters" aria-label="Active filters">
      {active
        .filter((filter) => filter !== false)
        .map(({ text, without }) => (
          <li key={text}>
            <button type="button" className="chip is-set" aria-label={`Remove filter ${text}`} onClick={() => onChange(without)}>
              <bdi>{text}</bdi>
              <CrossIcon />
            </button>
          </li>
        ))}
      <li>
        <button type="button" className="link" onClick={() => onChange({ show: "all", due: "any", priorities: [], tags: [] })}>
          Clear all
        </button>
      </li>
    </ul>
  );
}
