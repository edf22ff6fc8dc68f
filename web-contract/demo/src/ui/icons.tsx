/** Returns an icon of one path, in a 20 by 20 view box. */
const drawn = (path: string, size = 20) =>
  function DrawnIcon() {
    return (
      <svg
        className="icon"
        viewBox="0 0 20 20"
        width={size}
        height={size}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
      >
        <path d={path} />
      </svg>
    );
  };

export const TasksIcon = drawn("M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM6.8 10.2l2.2 2.2 4.2-4.6");
export const TodayIcon = drawn("M4 5h12v11.5H4zM4 8.5h12M7 3v2M13 3v2M10 11v3M8.5 12.5h3");
export const UpcomingIcon = drawn("M4 5h12v11.5H4zM4 8.5h12M7 3v2M13 3v2M7 11.5h2M11 11.5h2M7 14h2");
export const InboxIcon = drawn("M3.5 11.5 5.5 4h9l2 7.5v4.5h-13zM3.5 11.5h4l1 2h3l1-2h4");
export const SubtasksIcon = drawn("M5 3.5v10.5h5M5 7.5h5M13 7.5h3M13 14h3", 16);
export const MoreIcon = drawn("M4.6 10h.8M9.6 10h.8M14.6 10h.8M4.6 10.4h.8M9.6 10.4h.8M14.6 10.4h.8");
export const GripIcon = drawn("M7.5 5h.5M7.5 10h.5M7.5 15h.5M12 5h.5M12 10h.5M12 15h.5", 16);
export const MenuIcon = drawn("M3.5 5.5h13M3.5 10h13M3.5 14.5h13");
export const PlusIcon = drawn("M10 4v12M4 10h12");
export const TickIcon = drawn("m4.5 10.5 3.7 3.7 7.3-8");
export const CrossIcon = drawn("m5.5 5.5 9 9m0-9-9 9", 16);
export const TrashIcon = drawn("M4 5.5h12M8 5.5V4h4v1.5M5.5 5.5 6.2 16h7.6l.7-10.5M8.5 8.5l.2 5M11.5 8.5l-.2 5");
export const SearchIcon = drawn("M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM13 13l3.5 3.5");
export const FilterIcon = drawn("M3.5 5.5h13M6 10h8M8.5 14.5h3");
export const SortIcon = drawn("M6.5 4v12m0 0-3-3m3 3 3-3M13.5 16V4m0 0-3 3m3-3 3 3");
export const SelectIcon = drawn("m3.5 6 1.5 1.5 2.5-3M3.5 14l1.5 1.5 2.5-3M10.5 6h6M10.5 14h6");
export const CalendarIcon = drawn("M4 5.5h12V16H4zM4 8.5h12M7 3.5v2M13 3.5v2", 16);
export const ChevronIcon = drawn("m8 5 5 5-5 5", 16);
export const RepeatIcon = drawn("M4 9.5V9a3.5 3.5 0 0 1 3.5-3.5H15m0 0-2.5-2.5M15 5.5 12.5 8M16 10.5v.5a3.5 3.5 0 0 1-3.5 3.5H5m0 0 2.5-2.5M5 14.5 7.5 17", 16);
export const TagIcon = drawn("M3.5 3.5h6l7 7-6 6-7-7zM7 7h.01", 16);
export const NotesIcon = drawn("M4 6h12M4 10h12M4 14h7", 16);
export const RestoreIcon = drawn("M4 8h8a4 4 0 0 1 0 8H8M4 8l3.5-3.5M4 8l3.5 3.5");

/** The icon of a priority: zero to three bars, or an exclamation mark for urgent. */
export function PriorityIcon({ priority }: { priority: "none" | "low" | "medium" | "high" | "urgent" }) {
  if (priority === "urgent") {
    return (
      <svg className="icon" viewBox="0 0 20 20" width="16" height="16" aria-hidden="true">
        <rect x="2" y="2" width="16" height="16" rx="4" fill="currentColor" />
        <path d="M10 6v4.5M10 13.6v.1" stroke="var(--raised)" strokeWidth="2" strokeLinecap="round" />
      </svg>
    );
  }
  const bars = ["none", "low", "medium", "high"].indexOf(priority);
  return (
    <svg className="icon" viewBox="0 0 20 20" width="16" height="16" fill="currentColor" aria-hidden="true">
      {[0, 1, 2].map((bar) => (
        <rect
          key={bar}
          x={3 + bar * 5.5}
          y={12 - bar * 4}
          width="3.5"
          height={5 + bar * 4}
          rx="1"
          opacity={bar < bars ? 1 : 0.3}
        />
      ))}
    </svg>
  );
}
