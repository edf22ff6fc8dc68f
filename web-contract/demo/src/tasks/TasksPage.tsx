import { useInfiniteQuery } from "@tanstack/react-query";
import { AccountBar } from "../account/AccountBar";
import type { User } from "../account/auth";
import { ErrorState } from "../ui/ErrorState";
import { reason } from "./messages";
import { useTitlesUnderWay } from "./mutations";
import { NewTask } from "./NewTask";
import { taskListQuery } from "./queries";
import { TaskList } from "./TaskList";
import { TaskListSkeleton } from "./TaskListSkeleton";
import "./tasks.css";

/** The list of the signed-in user: what is open, and below it what is done. */
export function TasksPage({ user }: { user: User }) {
  return (
    <div className="page">
      <header className="page-header">
        <p className="wordmark">Tasklane</p>
        <AccountBar user={user} />
      </header>
      <main>
        <h1 className="page-title">Tasks</h1>
        <NewTask />
        <Lists />
      </main>
    </div>
  );
}

function Lists() {
  const open = useInfiniteQuery(taskListQuery(false));
  const completed = useInfiniteQuery(taskListQuery(true));
  const underWay = useTitlesUnderWay();

  const failed = [open, completed].find((list) => !list.data && list.isError);
  if (failed) {
    const retry = () => void Promise.all([open.refetch(), completed.refetch()]);
    return (
      <ErrorState
        title="Your tasks could not be loaded."
        detail={reason(failed.error)}
        action="Try again"
        onAction={retry}
      />
    );
  }
  if (!open.data || !completed.data) return <TaskListSkeleton />;

  const openTasks = open.data.pages.flatMap(({ tasks }) => tasks);
  const completedTasks = completed.data.pages.flatMap(({ tasks }) => tasks);
  return (
    <>
      {openTasks.length + underWay.length > 0 ? (
        <TaskList label="Open tasks" tasks={openTasks} underWay={underWay} more={open} />
      ) : (
        <EmptyState anyCompleted={completedTasks.length > 0} />
      )}
      {completedTasks.length > 0 && (
        <details className="completed" open>
          <summary>
            Completed{" "}
            <span className="count">
              {completedTasks.length}
              {completed.hasNextPage && "+"}
            </span>
          </summary>
          <TaskList label="Completed tasks" tasks={completedTasks} more={completed} />
        </details>
      )}
    </>
  );
}

function EmptyState({ anyCompleted }: { anyCompleted: boolean }) {
  return (
    <div className="empty">
      <p className="empty-title">{anyCompleted ? "All done." : "Nothing here yet."}</p>
      <p>{anyCompleted ? "Enjoy the quiet, or add what comes next." : "Write down the first thing on your mind."}</p>
    </div>
  );
}
