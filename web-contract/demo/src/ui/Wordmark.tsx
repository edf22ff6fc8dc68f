/** The logo and the name of the page. */
export function Wordmark() {
  return (
    <p className="wordmark">
      <svg className="logo" viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
        <circle cx="16" cy="16" r="14" fill="currentColor" />
        <path
          d="m10 16.5 4.2 4.2L22.5 12"
          fill="none"
          stroke="var(--on-accent)"
          strokeWidth="3"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
      <span>Tasklane</span>
    </p>
  );
}
