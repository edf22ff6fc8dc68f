/** Holds the list's place while it is on its way. */
export function TaskListSkeleton() {
  return (
    <div className="skeleton" role="status">
      <span className="visually-hidden">Loading your tasks…</span>
      <span className="skeleton-row" />
      <span className="skeleton-row" />
      <span className="skeleton-row" />
    </div>
  );
}
