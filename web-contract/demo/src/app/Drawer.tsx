import { Dialog } from "../ui/Dialog";
import { Navigation } from "./Navigation";
import { closePanel } from "./panel";

/** The navigation in a drawer, on screens without room for the sidebar. */
export function Drawer() {
  return (
    <Dialog title="Menu" onClose={closePanel} isDrawer>
      <Navigation />
    </Dialog>
  );
}
