import type { List } from "@tasklane/web-contract";
import { closePanel, listDialog } from "../app/panel";
import { goTo, listPath, useRoute } from "../app/route";
import { useWorkspace } from "../data/workspace";
import type { Order } from "../list/order";
import { ActionMenu } from "../ui/ActionMenu";

interface Props {
  list: List;
  className: string;
  /** The order in which the list can be moved. */
  order?: Order<List>;
  /** Called before the list leaves its place. */
  onLeave?: () => void;
}

/** The options of a list. */
export function ListMenu({ list, className, order, onLeave }: Props) {
  const { listWrites } = useWorkspace();
  const { path } = useRoute();

  function remove() {
    leave();
    if (path === listPath(list.id)) goTo("tasks");
    listWrites.remove(list);
  }

  function archive() {
    leave();
    listWrites.change(list, { archived: !list.archived });
  }

  /** Closes the drawer, which would cover the notice with the undo button. */
  function leave() {
    onLeave?.();
    closePanel();
  }

  const actions = () => [
    { text: "Edit", run: () => listDialog.set({ list }) },
    ...(order?.movesOf(list) ?? []),
    { text: list.archived ? "Unarchive" : "Archive", run: archive },
    { text: "Delete", run: remove },
  ];
  return <ActionMenu className={className} label={`Options for the list “${list.name}”`} title="List" actions={actions} />;
}
