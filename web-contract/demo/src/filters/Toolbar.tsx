import { useRoute } from "../app/route";
import { selectButtonId } from "../app/shortcuts";
import { useWorkspace } from "../data/workspace";
import { Choice } from "../ui/Choice";
import { FilterIcon, SelectIcon, SortIcon } from "../ui/icons";
import { PopoverButton } from "../ui/PopoverButton";
import { useStorePart } from "../ui/store";
import { FilterChoice } from "./FilterChoice";
import { countFilters, defaultSort, sortNames, sorts } from "./filters";
import { SearchField } from "./SearchField";
import { useFilters } from "./use-filters";
import "./toolbar.css";

const sortOptions = sorts.map((value) => ({ value, text: sortNames[value] }));

/** The search field, filters and sort order of the list, and the button to select tasks. */
export function Toolbar() {
  const { list } = useRoute();
  const [filters, change] = useFilters();
  const { selection } = useWorkspace();
  const isSelecting = useStorePart(selection.keys, (keys) => keys !== undefined);
  const filterCount = countFilters(filters);

  return (
    <search className="toolbar" aria-label="Search and filters">
      <SearchField value={filters.search} onChange={(search) => change({ search })} />
      <PopoverButton
        className={filterCount > 0 ? "tool is-set" : "tool"}
        label={filterCount > 0 ? `Filter, ${filterCount} set` : "Filter"}
        title="Filter"
        align="end"
        content={() => <FilterChoice filters={filters} onChange={change} />}
      >
        <FilterIcon />
        <span className="wide-only">Filter</span>
      </PopoverButton>
      <PopoverButton
        className={filters.sort === defaultSort(list) ? "tool" : "tool is-set"}
        label={`Sort: ${sortNames[filters.sort]}`}
        title="Sort"
        align="end"
        content={(close) => (
          <Choice
            legend="Sort"
            options={sortOptions}
            value={filters.sort}
            onChange={(sort) => change({ sort })}
            onDone={close}
          />
        )}
      >
        <SortIcon />
        <span className="wide-only">Sort</span>
      </PopoverButton>
      <button
        id={selectButtonId}
        type="button"
        className={isSelecting ? "tool is-set" : "tool"}
        aria-label="Select"
        aria-pressed={isSelecting}
        onClick={isSelecting ? selection.end : selection.start}
      >
        <SelectIcon />
        <span className="wide-only">Select</span>
      </button>
    </search>
  );
}
