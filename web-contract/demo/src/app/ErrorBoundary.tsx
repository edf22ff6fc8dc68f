import { Component, type ReactNode } from "react";
import { ErrorState } from "../ui/ErrorState";

interface Props {
  children: ReactNode;
}

/** Shows a way on when drawing the page fails, in place of an empty window. */
export class ErrorBoundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <main className="centred">
        <ErrorState
          alone
          title="The page has tripped over something."
          detail="Your tasks are safe. Loading the page again usually helps."
          action="Reload"
          onAction={() => location.reload()}
        />
      </main>
    );
  }
}
