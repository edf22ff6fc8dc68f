import { useEffect, useState, type ReactNode } from "react";
import { CrossIcon } from "./icons";
import { createStore, useStore } from "./store";
import "./notices.css";

export interface Notice {
  message: string;
  /** What can be done about it. */
  action?: { label: string; run: () => void };
  /** A failure stays until it is answered; other notices go by themselves. */
  failure?: boolean;
}

/** How many milliseconds a notice can be read and acted on. */
const readingTime = 8_000;

/** What is said to the user: notices for everyone, announcements for screen readers. */
export function createNotices() {
  const notice = createStore<Notice | undefined>(undefined);
  const announcement = createStore({ message: "", count: 0 });
  return {
    notice,
    announcement,
    /** Tells everyone. A new notice takes the place of the one before. */
    show: (next: Notice) => notice.set(next),
    /** Tells screen readers what others see for themselves. */
    announce: (message: string) => announcement.set({ message, count: announcement.get().count + 1 }),
    dismiss: () => notice.set(undefined),
  };
}

export type Notices = ReturnType<typeof createNotices>;

/** Shows the latest notice at the foot of the window. */
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

  // Nobody loses a notice that they point at or have reached by the keyboard.
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

/** A message with each quoted title apart, so that one from right to left leaves the other words in their order. */
function withTitles(message: string): ReactNode {
  return message.split(/(“[^”]*”)/).map((part, index) => (index % 2 === 0 ? part : <bdi key={index}>{part}</bdi>));
}
