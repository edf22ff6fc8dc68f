import { priorityNames } from "../task/priorities";
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
  return (
    <ul className="active-filters" aria-label="Active filters">
      {show !== "all" && <Active text={showNames[show]} onClear={() => onChange({ show: "all" })} />}
      {due !== "any" && <Active text={dueNames[due]} onClear={() => onChange({ due: "any" })} />}
      {priorities.map((priority) => (
        <Active
          key={priority}
          text={priorityNames[priority]}
          onClear={() => onChange({ priorities: priorities.filter((other) => other !== priority) })}
        />
      ))}
      {tags.map((tag) => (
        <Active
          key={tag}
          text={`#${tag}`}
          onClear={() => onChange({ tags: tags.filter((other) => other !== tag) })}
        />
      ))}
      <li>
        <button type="button" className="link" onClick={() => onChange({ show: "all", due: "any", priorities: [], tags: [] })}>
          Clear all
        </button>
      </li>
    </ul>
  );
}

function Active({ text, onClear }: { text: string; onClear: () => void }) {
  return (
    <li>
      <button type="button" className="chip is-set" aria-label={`Remove filter ${text}`} onClick={onClear}>
        <bdi>{text}</bdi>
        <CrossIcon />
      </button>
    </li>
  );
}
