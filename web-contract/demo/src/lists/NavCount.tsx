/** The number of open tasks of a link; nothing if it is zero. */
export function NavCount({ open }: { open: number }) {
  if (open === 0) return null;
  return (
    <span className="nav-count">
      {open}
      <span className="visually-hidden"> open</span>
    </span>
  );
}
