import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
// What holds everywhere comes first, so that a component's own styles can differ from it.
import "./styles/tokens.css";
import "./styles/base.css";
import { App } from "./app/App";
import { ErrorBoundary } from "./app/ErrorBoundary";
import { bootstrap } from "./start";
import { guardClicks } from "./ui/clicks";
// What changes everything comes last.
import "./styles/print.css";

guardClicks();

// Until then the frame stands that came with the document.
const first = await bootstrap;

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <ErrorBoundary>
      <App first={first} />
    </ErrorBoundary>
  </StrictMode>,
);
