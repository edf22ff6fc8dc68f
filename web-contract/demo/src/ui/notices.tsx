import { createContext, useContext, useMemo, useState, type ReactNode } from "react";
import "./ui.css";

export interface Notice {
  message: string;
  /** Does again what failed. */
  retry: () => void;
}

interface Channels {
  notify: (notice: Notice) => void;
  announce: (message: string) => void;
}

const ChannelsContext = createContext<Channels | null>(null);

function useChannels(): Channels {
  const channels = useContext(ChannelsContext);
  if (!channels) throw new Error("notices are used outside a NoticeProvider");
  return channels;
}

/** Returns the function that tells everyone about a failure, with a way to retry. */
export const useNotify = () => useChannels().notify;

/** Returns the function that tells screen readers what others see for themselves. */
export const useAnnounce = () => useChannels().announce;

/** Shows the latest notice at the foot of the window until it is retried or dismissed. */
export function NoticeProvider({ children }: { children: ReactNode }) {
  const [notice, setNotice] = useState<Notice>();
  const [announcement, announce] = useState("");
  const channels = useMemo(() => ({ notify: setNotice, announce }), []);

  function retry() {
    setNotice(undefined);
    notice?.retry();
  }

  return (
    <ChannelsContext value={channels}>
      {children}
      <p className="visually-hidden" role="status">
        {announcement}
      </p>
      <div className="notice-area" role="alert">
        {notice && (
          <div className="notice">
            <p>{notice.message}</p>
            <button type="button" className="button quiet" onClick={retry}>
              Try again
            </button>
            <button type="button" className="button quiet" onClick={() => setNotice(undefined)}>
              Dismiss
            </button>
          </div>
        )}
      </div>
    </ChannelsContext>
  );
}
