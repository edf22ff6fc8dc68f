/** A placeholder for the list while it loads. */
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
