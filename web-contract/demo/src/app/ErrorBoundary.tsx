import { Component, type ReactNode } from "react";
import { ErrorState } from "../ui/ErrorState";

interface Props {
  children: ReactNode;
}

/** Shows an error message and a reload button when rendering fails. */
export class ErrorBoundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <main className="centered">
        <ErrorState
          alone
          title="Something went wrong."
          detail="Your tasks are safe. Reload the page to continue."
          action="Reload"
          onAction={() => location.reload()}
        />
      </main>
    );
  }
}
