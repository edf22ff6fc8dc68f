import { useQuery } from "@tanstack/react-query";
import { tagKey, uniqueTags } from "@tasklane/web-contract/react";
import { useWorkspace } from "../data/workspace";
import { priorities, priorityNames } from "../task/priorities";
import { CheckOption, toggled } from "../ui/CheckOption";
import { Choice } from "../ui/Choice";
import { PriorityIcon } from "../ui/icons";
import { dueNames, dues, showNames, shows, type Filters } from "./filters";

const showOptions = shows.map((value) => ({ value, text: showNames[value] }));
const dueOptions = dues.map((value) => ({ value, text: dueNames[value] }));

interface Props {
  filters: Filters;
  onChange: (changes: Partial<Filters>) => void;
}

/** The filters of the list. Each choice takes effect at once. */
export function FilterChoice({ filters, onChange }: Props) {
  const { queries } = useWorkspace();
  const { data: stats } = useQuery(queries.stats());
  const inUse = stats?.byTag.map(({ tag }) => tag) ?? [];
  // A chosen tag keeps the spelling with which it was chosen.
  const chosen = (tag: string) => filters.tags.find((other) => tagKey(other) === tagKey(tag));
  const tags = uniqueTags([...inUse.map((tag) => chosen(tag) ?? tag), ...filters.tags]);
  const count = (tag: string) => stats?.byTag.find((counted) => tagKey(counted.tag) === tagKey(tag))?.count ?? 0;

  return (
    <div className="filter-choice">
      <div>
        <p className="popover-heading">Show</p>
        <Choice legend="Show" options={showOptions} value={filters.show} onChange={(show) => onChange({ show })} />
        <p className="popover-heading">Due</p>
        <Choice legend="Due" options={dueOptions} value={filters.due} onChange={(due) => onChange({ due })} />
      </div>
      <div role="group" aria-labelledby="filter-priority">
        <p className="popover-heading" id="filter-priority">
          Priority
        </p>
        {priorities.map((priority) => (
          <CheckOption
            key={priority}
            text={priorityNames[priority]}
            icon={<PriorityIcon priority={priority} />}
            checked={filters.priorities.includes(priority)}
            onChange={() => onChange({ priorities: toggled(filters.priorities, priority) })}
          />
        ))}
      </div>
      {tags.length > 0 && (
        <div className="filter-tags" role="group" aria-labelledby="filter-tags">
          <p className="popover-heading" id="filter-tags">
            Tags
          </p>
          {tags.map((tag) => (
            <CheckOption
              key={tag}
              text={`#${tag}`}
              aside={count(tag)}
              checked={filters.tags.includes(tag)}
              onChange={() => onChange({ tags: toggled(filters.tags, tag) })}
            />
          ))}
        </div>
      )}
    </div>
  );
}
