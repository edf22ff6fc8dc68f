import { useEffect, useState, type ReactNode } from "react";
import { CrossIcon } from "./icons";
import { createStore, useStore } from "./store";
import "./notices.css";

interface Notice {
  message: string;
  /** A button in the notice. */
  action?: { label: string; run: () => void };
  /** A failure stays until it is dismissed; other notices disappear. */
  failure?: boolean;
}

/** The time in milliseconds for which a notice is shown. The browser tests leave out timers of exactly this delay. */
const readingTime = 8_000;

/** Messages to the user: notices for all, announcements for screen readers. */
export function createNotices() {
  const notice = createStore<Notice | undefined>(undefined);
  const announcement = createStore({ message: "", count: 0 });
  return {
    notice,
    announcement,
    /** Shows a notice, which replaces the previous one. */
    show: (next: Notice) => notice.set(next),
    /** Announces to screen readers what the page shows to others. */
    announce: (message: string) => announcement.set({ message, count: announcement.get().count + 1 }),
    dismiss: () => notice.set(undefined),
  };
}

export type Notices = ReturnType<typeof createNotices>;

/** Shows the latest notice at the bottom of the window. */
export function NoticeArea({ notices }: { notices: Notices }) {
  const notice = useStore(notices.notice);
  const { message, count } = useStore(notices.announcement);
  return (
    <>
      <div className="visually-hidden" role="status">
        {/* The same words again are a new announcement. */}
        <p key={count}>{message}</p>
      </div>
      <div className="notice-area" role="status">
        {notice && <NoticeCard notice={notice} dismiss={notices.dismiss} />}
      </div>
    </>
  );
}

function NoticeCard({ notice, dismiss }: { notice: Notice; dismiss: () => void }) {
  const [held, setHeld] = useState(false);
  const { message, action, failure } = notice;

  // A notice under the pointer or with the focus does not disappear.
  useEffect(() => {
    if (failure || held) return;
    const timer = setTimeout(dismiss, readingTime);
    return () => clearTimeout(timer);
  }, [notice, failure, held, dismiss]);

  function act() {
    dismiss();
    action?.run();
  }

  return (
    <div
      className="notice"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <p role={failure ? "alert" : undefined}>{withTitles(message)}</p>
      <div className="notice-buttons">
        {action && (
          <button type="button" className="button notice-action" onClick={act}>
            {action.label}
          </button>
        )}
        <button type="button" className="button icon-only" aria-label="Dismiss" onClick={dismiss}>
          <CrossIcon />
        </button>
      </div>
    </div>
  );
}

/** Isolates each quoted title of a message, so that a right-to-left title does not reorder the other words. */
function withTitles(message: string): ReactNode {
  return message.split(/(“[^”]*”)/).map((part, index) => (index % 2 === 0 ? part : <bdi key={index}>{part}</bdi>));
}
