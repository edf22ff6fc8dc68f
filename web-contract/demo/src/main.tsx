import { startTransition, StrictMode } from "react";
import { createRoot } from "react-dom/client";
// Global styles come first, so that the styles of components override them.
import "./styles/tokens.css";
import "./styles/base.css";
import { App } from "./app/App";
import { ErrorBoundary } from "./app/ErrorBoundary";
import { openWorkspace } from "./data/workspace";
import { bootstrap } from "./start";
import { guardClicks } from "./ui/clicks";
import { guardFocus } from "./ui/lost-focus";
// Global overrides come last.
import "./styles/print.css";

guardClicks();
guardFocus();

// Until the response arrives, the placeholder of index.html is shown.
const response = await bootstrap;
const workspace = response && (await openWorkspace(response));

// A transition is rendered in short tasks, between which the browser reacts to taps and keys.
startTransition(() =>
  createRoot(document.getElementById("root")!).render(
    <StrictMode>
      <ErrorBoundary>
        <App opened={workspace} />
      </ErrorBoundary>
    </StrictMode>,
  ),
);
